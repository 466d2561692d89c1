/** The producer of KafkaJS's surface. */
import type { Cluster } from '../config/cluster.js';
import { assertText } from '../config/refusals.js';
import { KafkaJSConnectionError, KafkaJSError, KafkaJSNonRetriableError } from '../errors/index.js';
import { InstrumentationEmitter } from '../events/emitter.js';
import { exhausted } from '../native-error.js';
import type { RecordMetadata } from '../types.js';
import { checkedSettings, checkRecords, checkTopicNames } from './checks.js';
import { PRODUCER_EVENTS } from './events.js';
import { Lane } from './lane.js';
import { Lanes } from './lanes.js';
import { ChosenPartitions, PartitionerFailure } from './partitions.js';
import { RequestWatch } from './request-watch.js';
import type { Choose } from './sender.js';
import { type LaneSettings, laneProperties, transactionProperties } from './settings.js';
import { createTransaction, type OpenTransaction } from './transaction.js';
import { TransactionalClient } from './transactional.js';
import type { Producer, ProducerBatch, ProducerConfig, ProducerRecord, TopicMessages, Transaction } from './types.js';

/** What a send has that does not say otherwise. */
const USUAL: LaneSettings = { acks: -1, compression: 0, timeout: 30_000 };

type Status = 'disconnected' | 'connected' | 'disconnecting';

type Deliver = (settings: LaneSettings, records: TopicMessages[]) => Promise<RecordMetadata[]>;

class KafkaJSProducer {
  readonly #cluster: Cluster;
  readonly #config: ProducerConfig;
  readonly #retry;
  readonly #idempotent: boolean;
  readonly #logger;
  readonly #emitter: InstrumentationEmitter;
  readonly #watch: RequestWatch;
  readonly #partitions: ChosenPartitions | undefined;
  #lanes: Lanes<Lane>;
  #status: Status = 'disconnected';
  #connecting: Promise<void> | undefined;
  #disconnecting: Promise<void> | undefined;
  #transactional: Promise<TransactionalClient> | undefined;
  /** Of the transaction that runs. */
  #transaction: OpenTransaction | undefined;
  #beginning = false;

  constructor(cluster: Cluster, config: ProducerConfig) {
    this.#cluster = cluster;
    this.#config = config;
    this.#retry = cluster.retry(config.retry);
    this.#idempotent = config.idempotent ?? false;
    if (this.#idempotent && this.#retry.retries < 1) {
      throw new KafkaJSNonRetriableError('Idempotent producer must allow retries to protect against transient errors');
    }
    this.#logger = cluster.logger.namespace('Producer');
    this.#emitter = new InstrumentationEmitter('producer', PRODUCER_EVENTS, this.#logger);
    this.#watch = new RequestWatch(this.#emitter, cluster.clientId);
    this.#partitions = ChosenPartitions.for(config.createPartitioner, config.metadataMaxAge);
    this.#lanes = this.#newLanes();
  }

  #newLanes(): Lanes<Lane> {
    const { requestTimeout } = this.#cluster;
    const open = (settings: LaneSettings): Promise<Lane> => {
      const properties = laneProperties(settings, this.#config, this.#retry, requestTimeout);
      return Lane.open(this.#cluster, this.#retry, properties, this.#watch);
    };
    return new Lanes(open, requestTimeout);
  }

  connect(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    await this.#disconnecting;
    try {
      await this.#lanes.get(USUAL);
    } catch (error) {
      throw this.#failed(error);
    }
    this.#status = 'connected';
    this.#emitter.emit(PRODUCER_EVENTS.CONNECT);
  }

  disconnect(): Promise<void> {
    if (this.#status === 'connected') this.#status = 'disconnecting';
    this.#disconnecting ??= this.#disconnect().finally(() => {
      this.#disconnecting = undefined;
    });
    return this.#disconnecting;
  }

  async #disconnect(): Promise<void> {
    await this.#connecting?.catch(() => {});
    this.#status = 'disconnecting';
    const lanes = this.#lanes;
    this.#lanes = this.#newLanes();
    try {
      // An open transaction would keep read_committed readers waiting until its timeout.
      await this.#transaction?.leave().catch(() => {});
      const transactional = this.#transactional;
      this.#transactional = undefined;
      const closing = transactional?.then((client) => client.close(this.#cluster.requestTimeout)).catch(() => {});
      await Promise.all([lanes.close(), closing]);
    } finally {
      this.#status = 'disconnected';
    }
    this.#emitter.emit(PRODUCER_EVENTS.DISCONNECT);
  }

  /** `deliver`: to whom, once everything is checked. */
  async sendBatch(batch: ProducerBatch, deliver: Deliver, idempotent: boolean): Promise<RecordMetadata[]> {
    const { acks = USUAL.acks, compression = USUAL.compression, topicMessages = [] } = batch;
    checkRecords(topicMessages, acks, idempotent);
    this.#assertConnected();
    const settings = checkedSettings(acks, compression, batch.timeout ?? USUAL.timeout);
    checkTopicNames(topicMessages);
    if (topicMessages.length === 0) return [];
    try {
      const results = await deliver(settings, topicMessages);
      return settings.acks === 0 ? [] : shaped(results, topicMessages);
    } catch (error) {
      if (error instanceof PartitionerFailure) throw error.thrown;
      this.#partitions?.forget();
      const failed = exhausted(error, this.#retry);
      this.#logger.error(`Failed to send messages: ${failed.message}`, { retryCount: this.#retry.retries });
      throw failed;
    }
  }

  /** Reads the messages at once where the lane is open: what the caller changes afterwards changes nothing. */
  deliver(settings: LaneSettings, records: TopicMessages[]): Promise<RecordMetadata[]> {
    const lane = this.#lanes.ready(settings);
    if (lane === undefined) return this.#lanes.get(settings).then((opened) => this.#deliverBy(opened, records));
    return this.#deliverBy(lane, records);
  }

  #deliverBy(lane: Lane, records: TopicMessages[]): Promise<RecordMetadata[]> {
    const choice = this.#choice(records, lane);
    return choice === undefined ? lane.send(records) : choice.then((choose) => lane.send(records, choose));
  }

  async #deliverInTransaction(client: TransactionalClient, records: TopicMessages[]): Promise<RecordMetadata[]> {
    if (this.#partitions === undefined) return client.send(records);
    return client.send(records, await this.#choice(records, await this.#lanes.get(USUAL)));
  }

  #choice(records: TopicMessages[], lane: Lane): Promise<Choose> | undefined {
    const topics = records.map(({ topic }) => topic);
    return this.#partitions?.choose(topics, (names) => lane.metadata(names));
  }

  async transaction(): Promise<Transaction> {
    const { transactionalId } = this.#config;
    if (!transactionalId) {
      throw new KafkaJSNonRetriableError('Must provide transactional id for transactional producer');
    }
    assertText(transactionalId, 'transactionalId');
    if (this.#transaction !== undefined || this.#beginning) {
      throw new KafkaJSNonRetriableError(
        'There is already an ongoing transaction for this producer. Please end the transaction before beginning another.',
      );
    }
    this.#assertConnected();
    this.#beginning = true;
    try {
      const client = await this.#begin(transactionalId);
      const deliver: Deliver = (_, records) => this.#deliverInTransaction(client, records);
      this.#transaction = createTransaction(client, {
        sendBatch: (batch: ProducerBatch) => this.sendBatch(batch, deliver, true),
        send: (record: ProducerRecord) => this.sendBatch(single(record), deliver, true),
        assertConnected: () => this.#assertConnected(),
        ended: () => {
          this.#transaction = undefined;
        },
      });
      return this.#transaction.surface;
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#beginning = false;
    }
  }

  async #begin(transactionalId: string): Promise<TransactionalClient> {
    const { requestTimeout, answerTimeout } = this.#cluster;
    this.#transactional ??= TransactionalClient.open(
      this.#cluster,
      this.#retry,
      transactionalId,
      transactionProperties(this.#config, this.#retry, requestTimeout, answerTimeout),
      this.#watch,
    ).catch((error) => {
      this.#transactional = undefined;
      throw error;
    });
    const client = await this.#transactional;
    await client.begin(this.#cluster);
    return client;
  }

  #failed(error: unknown): KafkaJSError {
    const failed = exhausted(error, this.#retry);
    const level = failed instanceof KafkaJSConnectionError ? 'Failed to connect' : 'Failed';
    this.#logger.error(`${level}: ${failed.message}`, { retryCount: this.#retry.retries });
    return failed;
  }

  #assertConnected(): void {
    if (this.#status === 'disconnecting') {
      throw new KafkaJSNonRetriableError(
        "The producer is disconnecting; therefore, it can't safely accept messages anymore",
      );
    }
    if (this.#status === 'disconnected') throw new KafkaJSError('The producer is disconnected');
  }

  /** Functions without `this`, as KafkaJS's: programs take them apart. */
  surface(): Producer {
    const deliver: Deliver = (settings, records) => this.deliver(settings, records);
    return {
      connect: () => this.connect(),
      disconnect: () => this.disconnect(),
      isIdempotent: () => this.#idempotent,
      events: PRODUCER_EVENTS,
      on: (name: string, listener: (event: any) => unknown) => this.#emitter.on(name, listener),
      send: async (record) => this.sendBatch(single(record), deliver, this.#idempotent),
      sendBatch: async (batch) => this.sendBatch(batch, deliver, this.#idempotent),
      transaction: () => this.transaction(),
      logger: () => this.#logger,
    };
  }
}

export function createProducer(cluster: Cluster, config: ProducerConfig = {}): Producer {
  return new KafkaJSProducer(cluster, config).surface();
}

function single({ acks, timeout, compression, topic, messages }: ProducerRecord): ProducerBatch {
  return { acks, timeout, compression, topicMessages: [{ topic, messages }] };
}

/** By topic as given, then by partition; with KafkaJS's fields only. */
function shaped(results: RecordMetadata[], topicMessages: TopicMessages[]): RecordMetadata[] {
  if (results.length > 1) {
    const places = new Map(topicMessages.map(({ topic }, place) => [topic, place]));
    const place = ({ topicName }: RecordMetadata): number => places.get(topicName) ?? 0;
    results.sort((a, b) => place(a) - place(b) || a.partition - b.partition);
  }
  return results.map(({ topicName, partition, errorCode, baseOffset, logAppendTime, logStartOffset }) => ({
    topicName,
    partition,
    errorCode,
    baseOffset,
    logAppendTime,
    logStartOffset,
  }));
}
