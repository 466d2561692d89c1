/** Settings that the core refuses, told by the names that they have in KafkaJS's configuration. */
import { Kafka4Error } from '../../kafka/errors.js';
import { type KafkaJSError, KafkaJSNonRetriableError } from '../errors/index.js';
import { nativeError } from '../native-error.js';

const NAMES: Record<string, string> = {
  brokers: 'brokers',
  clientId: 'clientId',
  saslUsername: 'sasl.username',
  saslPassword: 'sasl.password',
};

/** What each may be, where the core's own words name more than KafkaJS's configuration takes. */
const ALLOWED: Record<string, string> = { brokers: 'a list of "host:port"' };

/** What the core returned or threw for a setting, as KafkaJS's error. */
export function settingRefused(thrown: unknown): KafkaJSError {
  const error = nativeError(thrown);
  if (!(error.cause instanceof Kafka4Error)) return error;
  const { property, value, allowed } = error.cause.details;
  const name = NAMES[String(property)];
  if (name === undefined) return error;
  const message = `${name}: ${JSON.stringify(value)} cannot be used: it must be ${ALLOWED[name] ?? allowed}`;
  return new KafkaJSNonRetriableError(message, { cause: error.cause });
}

/** For what crosses to the core as a text. */
export function assertText(value: unknown, name: string): void {
  if (value == null || typeof value === 'string') return;
  throw new KafkaJSNonRetriableError(`${name} must be a string, not ${typeof value}`);
}
