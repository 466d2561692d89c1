/** A producer's configuration as properties of librdkafka. */
import { type Retry, totalWaitMs } from '../config/retry.js';
import { within } from '../config/within.js';
import { codecName } from './checks.js';
import type { ProducerConfig } from './types.js';

/** What a send may choose; librdkafka has it per client. */
export interface LaneSettings {
  acks: number;
  compression: number;
  /** ms */
  timeout: number;
}

/** librdkafka's limit with idempotence. */
const MOST_IDEMPOTENT = 5;

/** KafkaJS has no limit of its own: brokers and topics have theirs. */
const MESSAGE_BYTES = 1_000_000_000;

const DAY_MS = 86_400_000;
const MOST_TRANSACTION_MS = 2_147_483_647;

export function laneProperties(
  { acks, compression, timeout }: LaneSettings,
  config: ProducerConfig,
  retry: Retry,
  requestTimeout: number,
): Record<string, string> {
  const waits = totalWaitMs(retry);
  // Duplicates and a changed order after a retry are nothing that anybody asks for.
  const idempotent = acks === -1;
  const most = config.maxInFlightRequests ?? undefined;
  return {
    ...commonProperties(config, retry),
    acks: acks === -1 ? 'all' : String(acks),
    'enable.idempotence': String(idempotent),
    'compression.type': codecName(compression),
    'request.timeout.ms': within(timeout, 1, 900_000),
    'delivery.timeout.ms': within(waits + requestTimeout, 1_000, DAY_MS),
    ...(most === undefined
      ? {}
      : { 'max.in.flight.requests.per.connection': within(most, 1, idempotent ? MOST_IDEMPOTENT : 1_000_000) }),
  };
}

/**
 * librdkafka takes no bound that is longer than the transaction's: nothing is left to wait for when the brokers have
 * aborted it.
 *
 * @param answerTimeout ms that an answer is waited for at most
 */
export function transactionProperties(
  config: ProducerConfig,
  retry: Retry,
  requestTimeout: number,
  answerTimeout = requestTimeout,
): Record<string, string> {
  const transactionMs = Number(within(config.transactionTimeout ?? 60_000, 1_000, MOST_TRANSACTION_MS));
  return {
    ...commonProperties(config, retry),
    'transaction.timeout.ms': String(transactionMs),
    'request.timeout.ms': within(requestTimeout, 1, Math.min(900_000, transactionMs)),
    'socket.timeout.ms': within(answerTimeout, 10, Math.min(300_000, transactionMs)),
    'delivery.timeout.ms': within(totalWaitMs(retry) + requestTimeout, 1_000, Math.min(DAY_MS, transactionMs)),
  };
}

function commonProperties({ metadataMaxAge, allowAutoTopicCreation }: ProducerConfig, retry: Retry) {
  return {
    // Each record without a key goes to the next partition, as in KafkaJS.
    'sticky.partitioning.linger.ms': '0',
    'message.max.bytes': String(MESSAGE_BYTES),
    'allow.auto.create.topics': String(allowAutoTopicCreation ?? true),
    // How long a topic that does not exist is waited for.
    'topic.metadata.propagation.max.ms': within(totalWaitMs(retry), 1_000, 30_000),
    'topic.metadata.refresh.interval.ms': within(metadataMaxAge ?? 300_000, 10, 3_600_000),
  };
}
