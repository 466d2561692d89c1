// The ways in which a process can end while its Kafka clients work: what runs, and what must come of it.
//
// A process way is one repetition a process. The others do several in one process, since it is a thread, or a race,
// that ends and not the process.

/**
 * @typedef {object} Way
 * @property {string} name
 * @property {string} title
 * @property {string} script  in children/
 * @property {number} [code]  the exit code that must come; 0 when left out
 * @property {NodeJS.Signals} [signal]  the process must die by this one, which was sent to it
 * @property {RegExp} [stderr]  what must be on standard error; nothing may be when left out
 * @property {number} [repetitions]  in one process; 1 when left out
 * @property {boolean} [copy]  needs the second copy of the addon
 */

/** @type {Way[]} */
export const WAYS = [
  { name: 'natural', title: 'natural exit after cleanup()', script: 'flight' },
  { name: 'forgotten', title: 'natural exit, nothing cleaned up, sends in flight', script: 'flight' },
  { name: 'exit', title: 'process.exit(7) in flight', script: 'flight', code: 7 },
  { name: 'exit-in-handler', title: 'process.exit(7) inside a handler', script: 'flight', code: 7 },
  { name: 'exit-in-start', title: 'process.exit(7) while it connects', script: 'flight', code: 7 },
  { name: 'exit-in-stop', title: 'process.exit(7) while it cleans up', script: 'flight', code: 7 },
  { name: 'throw', title: 'uncaught exception', script: 'flight', code: 1, stderr: /a defect of the application/ },
  { name: 'reject', title: 'unhandled rejection', script: 'flight', code: 1, stderr: /a defect of the application/ },
  { name: 'SIGINT', title: 'SIGINT without a handler', script: 'flight', signal: 'SIGINT' },
  { name: 'SIGTERM', title: 'SIGTERM without a handler', script: 'flight', signal: 'SIGTERM' },
  { name: 'SIGHUP', title: 'SIGHUP without a handler', script: 'flight', signal: 'SIGHUP' },
  { name: 'SIGINT-handled', title: 'SIGINT, installSignalHandlers()', script: 'flight', code: 130 },
  { name: 'SIGTERM-handled', title: 'SIGTERM, installSignalHandlers()', script: 'flight', code: 143 },
  { name: 'SIGTERM-twice', title: 'SIGTERM twice, installSignalHandlers()', script: 'flight', code: 143 },
  { name: 'terminate', title: 'worker.terminate() in flight', script: 'workers', repetitions: 12 },
  { name: 'worker-exit', title: "a worker's own process.exit()", script: 'workers', repetitions: 12 },
  { name: 'worker-throw', title: 'an uncaught exception in a worker', script: 'workers', repetitions: 12 },
  { name: 'worker-natural', title: 'a worker that cleans up and ends', script: 'workers', repetitions: 12 },
  { name: 'exit-with-workers', title: 'process.exit(7) with workers in flight', script: 'workers', code: 7 },
  { name: 'shared', title: 'two copies of the addon, one state, both stopped', script: 'copies', copy: true },
  { name: 'shared-exit', title: 'the same, process.exit(7)', script: 'copies', code: 7, copy: true },
  { name: 'apart', title: 'two copies of the addon, one in a sandbox, both stopped', script: 'copies', copy: true },
  { name: 'apart-exit', title: 'the same, process.exit(7)', script: 'copies', code: 7, copy: true },
  { name: 'worker', title: 'two copies, one in a worker that is terminated', script: 'copies', copy: true },
  { name: 'worker-exit-main', title: 'the same, process.exit(7)', script: 'copies', code: 7, copy: true },
  { name: 'races', title: 'connects, disconnects, starts and stops at once', script: 'races', repetitions: 10 },
];

/** @param {string[] | undefined} names  all when undefined */
export function waysNamed(names) {
  const unknown = names?.filter((name) => !WAYS.some((way) => way.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new Error(`${unknown.join(', ')}: there are ${WAYS.map(({ name }) => name).join(', ')}`);
  }
  return WAYS.filter(({ name }) => names === undefined || names.includes(name));
}

/** Delays between "everything runs" and the end, in ms: spread over what a send and a handler take. */
const DELAYS = 23;

/**
 * The arguments of its script for the repetitions from number `from` on.
 *
 * @param {Way} way
 * @param {number} from
 * @param {string} copy
 */
export function argumentsOf(way, from, copy) {
  const delay = String((from * 7) % DELAYS);
  if (way.script === 'races') return [String(from), String(way.repetitions)];
  if (way.script === 'workers') return [way.name, String(from), String(way.repetitions ?? 3)];
  if (way.script === 'copies') return [way.name, delay, copy];
  return [way.name, delay];
}

/**
 * What is wrong with the end of a process; undefined: nothing.
 *
 * @param {Way} way
 * @param {import('./child.mjs').Ended} ended
 * @returns {'hang' | 'signal' | 'code' | 'stderr' | undefined}
 */
export function judge(way, ended) {
  if (ended.hung) return 'hang';
  if (ended.signal !== (way.signal ?? null)) return ended.signal === null ? 'code' : 'signal';
  if (way.signal === undefined && ended.code !== (way.code ?? 0)) return 'code';
  // A warning of Node's about itself says nothing about the exit.
  const stderr = ended.stderr.replace(/^\((node:\d+|Use `node).*\n?/gm, '');
  return (way.stderr ?? /^$/).test(stderr) ? undefined : 'stderr';
}
