// Whether an error is one that users were promised: of the family, with a documented code, able to be looked at.

import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';

/** Codes that docs/errors.md names. */
function documentedCodes() {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  return new Set(page.match(/ERR_KAFKA_[A-Z_]+/g));
}

/**
 * "All others are the names of Kafka's and librdkafka's own error codes": those that a fuzzed call may well meet. Short
 * on purpose, so that a code which nobody expects is looked at once.
 */
const OF_KAFKA = [
  'UNKNOWN_TOPIC',
  'UNKNOWN_TOPIC_OR_PART',
  'TOPIC_EXCEPTION',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'INVALID_GROUP_ID',
  'MSG_TIMED_OUT',
  'TIMED_OUT',
  'TIMED_OUT_QUEUE',
  'LEADER_NOT_AVAILABLE',
  'DESTROY',
  'STATE',
  'CORRUPT_MESSAGE',
  'BAD_MSG',
  'INVALID_MSG',
  'INVALID_RECORD',
  'INVALID_REQUEST',
];

/** A defect says these of itself. */
const DEFECTS = new Set(['ERR_KAFKA_INTERNAL', 'ERR_KAFKA_INCOMPLETE_ANSWER', 'ERR_KAFKA_FETCH_THREAD']);

const CODES = new Set([...documentedCodes(), ...OF_KAFKA.map((code) => `ERR_KAFKA_${code}`)]);

/**
 * @param {any} error
 * @param {new (...args: any[]) => Error} Kafka4Error
 * @param {boolean} [anyCode]  a broker that answers with noise can name any of Kafka's and librdkafka's codes
 * @returns {string | undefined} what is wrong with it
 */
export function problemOf(error, Kafka4Error, anyCode = false) {
  let is = false;
  try {
    is = error instanceof Kafka4Error;
  } catch (defect) {
    return `instanceof throws for it: ${describe(defect)}`;
  }
  if (!is) return `it is no Kafka4Error: ${describe(error)}`;
  if (!(error instanceof Error)) return 'it is no Error';
  const { code, message, retriable, fatal, name, details } = /** @type {any} */ (error);
  const known = typeof code === 'string' && (CODES.has(code) || (anyCode && /^ERR_KAFKA_[A-Z_]+$/.test(code)));
  if (!known) return `undocumented code ${String(code)}: ${message}`;
  if (DEFECTS.has(code)) return `${code}: ${message}`;
  if (typeof message !== 'string' || message === '') return `${code} has no message`;
  if (!/^Kafka\w*Error$/.test(name)) return `${code} has the name ${name}`;
  if (typeof retriable !== 'boolean' || typeof fatal !== 'boolean') return `${code} lacks retriable or fatal`;
  if (typeof details !== 'object' || details === null) return `${code} has no details`;
  // Whatever the caller threw may hang below as its cause; printing that is the caller's affair.
  return undefined;
}

/** Any value in words, whatever it does. @param {unknown} value */
export function describe(value) {
  try {
    if (value instanceof Error)
      return `${value.name} ${/** @type {any} */ (value).code ?? ''} ${value.message}\n${value.stack}`;
    return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY }).slice(0, 400);
  } catch {
    return `a ${typeof value} that cannot be shown`;
  }
}
