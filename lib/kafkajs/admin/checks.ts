/** Checks of arguments that several calls share. Messages are KafkaJS's. */
import { numeric } from '../config/numeric.js';
import { KafkaJSNonRetriableError } from '../errors/index.js';

export function refuse(message: string): never {
  throw new KafkaJSNonRetriableError(message);
}

const isText = (value: unknown): boolean => typeof value === 'string';

/** An array of `{ topic }`, each topic once. */
export function checkTopics(topics: unknown, list: string): asserts topics is { topic: string }[] {
  if (!Array.isArray(topics)) refuse(`Invalid ${list} array ${topics}`);
  const names = topics.map((each: { topic?: unknown }) => each.topic);
  if (!names.every(isText)) refuse(`Invalid ${list} array, the topic names have to be a valid string`);
  if (new Set(names).size < names.length) {
    refuse(`Invalid ${list} array, it cannot have multiple entries for the same topic`);
  }
}

export function checkTopic(topic: unknown): asserts topic is string {
  if (!topic || typeof topic !== 'string') refuse(`Invalid topic ${topic}`);
}

/** Refuses the first that is none of an enumeration's values. */
export function checkValue(value: unknown, values: object, what: string, of?: object): void {
  if (Object.values(values).includes(value)) return;
  refuse(`Invalid ${what} ${value}${of === undefined ? '' : `: ${JSON.stringify(of)}`}`);
}

/** For names and hosts of ACLs. */
export function checkTexts(values: unknown[], message: string, optional = false): void {
  if (!values.every((value) => isText(value) || (optional && value === undefined))) refuse(message);
}

const MOST_INT32 = 2_147_483_647;

/** ms that a broker may take by itself; digits in a text are taken, as KafkaJS takes them. */
export function timeoutOf(timeout: unknown, usual: number): number {
  if (timeout == null) return usual;
  const ms = numeric(timeout);
  if (typeof ms !== 'number' || !(Math.abs(ms) <= MOST_INT32)) {
    refuse(`Invalid timeout ${String(timeout)}, expected a number of ms`);
  }
  return Math.trunc(ms);
}
