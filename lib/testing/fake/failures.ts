/** Failures that a test asks for, and the errors that the fakes give by themselves. */
import type { NativeError } from '../../../index.js';
import { invalid, Kafka4Error, show } from '../../kafka/errors.js';

interface Known {
  className: string;
  text: string;
  retriable: boolean;
}

const known = (className: string, text: string, retriable = false): Known => ({ className, text, retriable });

/** Errors of brokers that applications meet, in librdkafka's words. */
const KNOWN: Record<string, Known> = {
  ERR_KAFKA_MSG_TIMED_OUT: known('KafkaTimeoutError', 'Local: Message timed out', true),
  ERR_KAFKA_REQUEST_TIMED_OUT: known('KafkaTimeoutError', 'Broker: Request timed out', true),
  ERR_KAFKA_TRANSPORT: known('KafkaConnectionError', 'Local: Broker transport failure', true),
  ERR_KAFKA_ALL_BROKERS_DOWN: known('KafkaConnectionError', 'Local: All broker connections are down', true),
  ERR_KAFKA_NETWORK_EXCEPTION: known('KafkaConnectionError', 'Broker: Broker disconnected before response', true),
  ERR_KAFKA_NOT_ENOUGH_REPLICAS: known('KafkaProtocolError', 'Broker: Not enough in-sync replicas', true),
  ERR_KAFKA_UNKNOWN_TOPIC_OR_PART: known('KafkaProtocolError', 'Broker: Unknown topic or partition'),
  ERR_KAFKA_UNKNOWN_PARTITION: known('KafkaProtocolError', 'Local: Unknown partition'),
  ERR_KAFKA_MSG_SIZE_TOO_LARGE: known('KafkaProtocolError', 'Broker: Message size too large'),
  ERR_KAFKA_TOPIC_AUTHORIZATION_FAILED: known('KafkaAuthorizationError', 'Broker: Topic authorization failed'),
};

export function nativeError(className: string, code: string, message: string, retriable = false): NativeError {
  return { className, code, message, retriable, fatal: false };
}

/** The error of a code of brokers, as the core would describe it. */
export function errorOf(code: string, context: string): NativeError {
  const { className, text, retriable } = KNOWN[code] ?? known('KafkaProtocolError', 'the fake was told to fail');
  return nativeError(className, code, `${context}: ${text}`, retriable);
}

/** How the next publishes are to fail. */
interface Planned {
  error: string | Error;
  topic: string | undefined;
  left: number;
}

/** Numbers of failures, in the place of librdkafka's. They start above those. */
const FIRST_NUMBER = 1_000_000;

/** What an application's own error is known by in `details` until it is given back. */
export const GIVEN = 'kafka4.testing.error';

export class Failures {
  readonly #planned: Planned[] = [];
  readonly #codes: string[] = [];
  readonly #given: Error[] = [];

  plan(error: unknown, times: unknown, topic: unknown): void {
    const isCode = typeof error === 'string' && /^ERR_KAFKA_[A-Z0-9_]+$/.test(error);
    if (!isCode && !(error instanceof Error) && !(error instanceof Kafka4Error)) {
      throw invalid(`a publish can fail with an Error or a code such as ERR_KAFKA_MSG_TIMED_OUT, not ${show(error)}`);
    }
    if (typeof times !== 'number' || !(times >= 1)) throw invalid(`times is a number from 1, not ${show(times)}`);
    if (topic !== undefined && typeof topic !== 'string') throw invalid(`topic is a string, not ${show(topic)}`);
    this.#planned.push({ error: error as string | Error, topic, left: times });
  }

  /** The number of the failure that this publish to these topics is to end with; undefined: it is to succeed. */
  next(topics: readonly string[]): number | undefined {
    const plan = this.#planned.find(({ topic }) => topic === undefined || topics.includes(topic));
    if (plan === undefined) return undefined;
    plan.left -= 1;
    if (plan.left <= 0) this.#planned.splice(this.#planned.indexOf(plan), 1);
    if (typeof plan.error === 'string') return this.numberOf(plan.error);
    this.#given.push(plan.error);
    return FIRST_NUMBER - this.#given.length;
  }

  numberOf(code: string): number {
    const at = this.#codes.indexOf(code);
    return FIRST_NUMBER + (at >= 0 ? at : this.#codes.push(code) - 1);
  }

  describe(number: number, context: string): NativeError {
    if (number >= FIRST_NUMBER) return errorOf(this.#codes[number - FIRST_NUMBER] as string, context);
    const details = JSON.stringify({ [GIVEN]: FIRST_NUMBER - 1 - number });
    return { ...errorOf('ERR_KAFKA_TOLD_TO_FAIL', context), details };
  }

  /** The error object that the application gave, where the publish failed with one; else what it failed with. */
  original(error: unknown): unknown {
    for (let at: unknown = error; at instanceof Kafka4Error; at = at.cause) {
      const index = at.details[GIVEN];
      if (typeof index === 'number') return this.#given[index] ?? error;
    }
    return error;
  }

  forget(): void {
    this.#planned.length = 0;
  }
}
