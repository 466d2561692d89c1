// Failures in words: what went wrong and what to do now. No stack traces; who debugs sets DEBUG=kafka4.

import { connect } from 'node:net';

const REACH_MS = 3_000;

/**
 * The addresses that the variables name; none for the embedded broker, or for a value that the package
 * itself will refuse with a better message.
 */
export function addresses(env = process.env) {
  const value = env.KAFKA_BROKER || env.KAFKA_BROKERS || '';
  if (/^embedded(:\d+)?$/.test(value.trim())) return [];
  return value
    .split(',')
    .map((part) => /^\s*(?:[A-Z_]+:\/\/)?(?:\[([^\]]+)\]|([^:\s]+)):(\d+)\s*$/.exec(part))
    .filter((match) => match !== null)
    .map((match) => ({ host: match[1] ?? match[2], port: Number(match[3]) }))
    .filter(({ port }) => port > 0 && port < 65536);
}

/** @param {{ host: string, port: number }} address @returns {Promise<string | undefined>} why not */
function knock({ host, port }, ms) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (reason) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(ms, () => done(`no answer within ${ms / 1000} s`));
    socket.once('connect', () => done(undefined));
    socket.once('error', (error) => done(reasonOf(error)));
  });
}

function reasonOf(error) {
  const reasons = {
    ECONNREFUSED: 'connection refused, nothing listens there',
    ENOTFOUND: 'the name is unknown',
    EAI_AGAIN: 'the name cannot be looked up',
    EHOSTUNREACH: 'no route to the host',
    ENETUNREACH: 'no route to the network',
  };
  // With several addresses of one name Node gives an AggregateError that says nothing itself.
  const code = error.code ?? error.errors?.[0]?.code;
  return reasons[code] ?? (error.message || String(code));
}

/**
 * Whether anything listens at all, told in a moment: a client would keep trying for KAFKA_TIMEOUT.
 *
 * @returns {Promise<string[]>} empty when one of the addresses answers, else why each did not
 */
export async function unreachable(env = process.env, ms = REACH_MS) {
  const list = addresses(env);
  if (list.length === 0) return [];
  const reasons = await Promise.all(list.map((address) => knock(address, ms)));
  if (reasons.includes(undefined)) return [];
  return list.map(({ host, port }, index) => `${host}:${port}: ${reasons[index]}`);
}

/**
 * An error as lines for people.
 *
 * @param {any} error
 * @returns {string[]}
 */
export function explain(error) {
  if (!(error instanceof Error)) return [String(error)];
  const lines = error.message.split('\n');
  const code = /** @type {any} */ (error).code;
  if (code && !error.message.includes(String(code))) lines[0] += ` (${code})`;
  for (let cause = error.cause, depth = 0; cause && depth < 3; cause = /** @type {any} */ (cause).cause, depth += 1) {
    const text = String(/** @type {any} */ (cause).message ?? cause);
    if (!error.message.includes(text)) lines.push(`because: ${text}`);
  }
  if (process.env.DEBUG?.includes('kafka4')) lines.push(...String(error.stack).split('\n').slice(1));
  return lines;
}

/** What to try next. @param {any} error @param {string} broker @returns {string[]} */
export function advice(error, broker) {
  const name = String(error?.name);
  if (name === 'KafkaConfigError') return ['.env.example lists every variable with its values.'];
  if (name === 'KafkaConnectionError' || name === 'Unreachable') {
    return [
      `Check KAFKA_BROKER (now ${broker}), or start a broker on this machine: npm run kafka:start`,
      'Without KAFKA_BROKER the quickstart needs none: it runs an embedded broker.',
    ];
  }
  if (name === 'DemoFailure') return [`Run it again with KAFKA_LOG_LEVEL=3 to see what the clients report.`];
  return [];
}
