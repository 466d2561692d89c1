// One round: a client process behind a proxy. Judges what the client cannot tell of itself.

import { execFileSync, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { randomOf } from '../random.mjs';
import { BOMBS, plant } from './bombs.mjs';
import { HONEST, MUTATIONS } from './mutations.mjs';
import { startFrameProxy } from './proxy.mjs';

const CLIENT = fileURLToPath(new URL('client.mjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** KAFKA_TIMEOUT of the client. */
const TIMEOUT_MS = 2_000;
/** A client that hangs altogether. Its calls have bounds of their own, which are shorter in sum. */
const LIMIT_MS = 150_000;
/** ms from the last call to the end of the process. */
const EXIT_MS = 12_000;
/** A client at rest has 80 MiB; a frame may be as large as receive.message.max.bytes (100 MB). */
const RSS_LIMIT_MIB = 700;

/**
 * @param {import('./broker.mjs').Broker} broker
 * @param {string} kind
 * @param {number} seed
 * @param {number} round
 * @param {string} [addon]  a sanitized one
 */
export async function playRound(broker, kind, seed, round, addon) {
  const random = randomOf(seed, round);
  const topic = `frames-${seed}-${round}`;
  await broker.createTopic(topic);
  const bomb = kind in BOMBS ? await plant(broker, topic, kind) : undefined;
  // From a client that is never let in to one that is disturbed now and then.
  const oneIn = bomb === undefined ? random.pick([1, 2, 4, 8, 20]) : 0;
  /** @param {import('./proxy.mjs').Response} response */
  const mutate = (response) => {
    if (bomb === undefined) return random.once(oneIn) ? MUTATIONS[kind](random, response) : undefined;
    const frame = bomb(response.frame);
    return frame === undefined ? undefined : { write: [frame] };
  };
  const proxy = await startFrameProxy({ host: broker.host, port: broker.port, mutate });
  const begun = performance.now();
  const { report, code, signal, hung, output } = await runClient(proxy.port, topic, addon);
  const { changed } = proxy.stats();
  await proxy.close();
  const findings = [...(report?.findings ?? [])];
  if (signal !== null && !hung) findings.push({ kind: `crash by ${signal}`, what: output });
  else if (hung) findings.push({ kind: report === undefined ? 'hang' : 'the process does not end', what: output });
  else if (code !== 0) findings.push({ kind: `ended with code ${code}`, what: output });
  const peakRssMiB = Math.round((report?.peakRss ?? 0) / 1024 ** 2);
  if (peakRssMiB > RSS_LIMIT_MIB && addon === undefined)
    findings.push({ kind: 'memory without a bound', what: `${peakRssMiB} MiB` });
  if (report !== undefined && (HONEST.has(kind) || bomb !== undefined)) {
    const stored = await broker.read(topic, report.acknowledged);
    const lost = report.acknowledged.filter((value) => !stored.has(value));
    if (lost.length > 0) findings.push({ kind: 'acknowledged and not in the log', what: lost.join(', ') });
  }
  return {
    kind,
    round,
    oneIn,
    changed: Object.values(changed).reduce((sum, n) => sum + n, 0),
    ms: Math.round(performance.now() - begun),
    peakRssMiB,
    outcomes: report?.outcomes ?? {},
    findings,
  };
}

/** What makes Node load an addon that AddressSanitizer watches. */
function sanitized(addon) {
  return {
    NAPI_RS_NATIVE_LIBRARY_PATH: addon,
    LD_PRELOAD: execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim(),
    // Node itself never frees what it holds until its end.
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:allocator_may_return_null=1:disable_coredump=0',
  };
}

function runClient(port, topic, addon) {
  return new Promise((resolve) => {
    const kept = Object.entries(process.env).filter(([name]) => !/^(KAFKA_|JEST|NODE_ENV$|NODE_OPTIONS$)/.test(name));
    const child = fork(CLIENT, [JSON.stringify({ topic, timeout: TIMEOUT_MS })], {
      cwd: ROOT,
      env: {
        ...Object.fromEntries(kept),
        KAFKA_BROKER: `127.0.0.1:${port}`,
        KAFKA_TIMEOUT: String(TIMEOUT_MS),
        KAFKA_LOG_LEVEL: '0',
        KAFKA_RETRY_ATTEMPTS: '3',
        ...(addon === undefined ? {} : sanitized(addon)),
      },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let report;
    let output = '';
    let hung = false;
    const kill = () => {
      hung = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(kill, LIMIT_MS);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output = (output + chunk).slice(addon === undefined ? -2_000 : -20_000);
      });
    }
    child.on('message', (message) => {
      report = message;
      clearTimeout(timer);
      timer = setTimeout(kill, EXIT_MS);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ report, code, signal, hung, output });
    });
  });
}
