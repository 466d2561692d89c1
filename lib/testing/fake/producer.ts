/** What the addon's producer service does, on the fake cluster. */
import type { NativeError, NativeProducerService, NativeTopicId } from '../../../index.js';
import { show } from '../../kafka/errors.js';
import { KINDS } from '../envelope.js';
import { type PackedRecord, readPacked } from '../records.js';
import { isValidName } from './cluster.js';
import type { FakeContext } from './context.js';
import { nativeError } from './failures.js';
import { Refusal } from './mailbox.js';

/** bytes, the broker's `message.max.bytes` as librdkafka has it. */
const LARGEST = 1_000_000;

interface Placed {
  topic: string;
  partition: number;
  record: PackedRecord;
}

/** The outcome of one send, in the numbers that lib/kafka/reports.ts reads. */
type Outcome = { placed: Placed[]; failures: { index: number; number: number }[]; count: number };

export class FakeProducerService implements NativeProducerService {
  readonly #context: FakeContext;
  readonly #topicNames: string[] = KINDS.map((kind) => kind.topic);
  #reports: number[] = [];
  #connected = false;

  constructor(context: FakeContext) {
    this.#context = context;
  }

  connect(id: number): void {
    this.#context.mailbox.answer(id, () => this.open());
  }

  disconnect(id: number, _timeoutMs: number, _quietMs: number): void {
    this.#context.mailbox.answer(id, () => this.close());
  }

  open(): void {
    if (this.#connected) return;
    this.#context.assertReachable();
    this.#connected = true;
    this.#context.running += 1;
  }

  close(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#context.running -= 1;
  }

  /** Of topics that exist; each partition is led by the one broker. */
  metadata(id: number, topics: string[]): void {
    this.#context.mailbox.answer(id, () => topics.map((topic) => this.#context.cluster.metadata(topic)));
  }

  takeRequests(): string[] {
    return [];
  }

  topicId(name: string): NativeTopicId {
    if (!isValidName(name)) {
      const message = `${show(name)} is not a name for a topic`;
      return { id: 0, error: nativeError('KafkaValidationError', 'ERR_KAFKA_INVALID_ARGUMENT', message) };
    }
    const known = this.#topicNames.indexOf(name);
    return { id: known >= 0 ? known : this.#topicNames.push(name) - 1 };
  }

  topicName(id: number): string | null {
    return this.#topicNames[id] ?? null;
  }

  send(slab: Uint8Array, index: Int32Array, sends: Int32Array): NativeError | null {
    if (!this.#connected) {
      return nativeError('KafkaStateError', 'ERR_KAFKA_NOT_CONNECTED', 'the producer is not connected');
    }
    const records = readPacked(slab, index);
    let from = 0;
    for (let at = 0; at < sends.length; at += 2) {
      const count = sends[at + 1] as number;
      const outcome = this.#place(records.slice(from, from + count));
      this.#report(sends[at] as number, outcome, this.#reports);
      from += count;
    }
    this.#context.mailbox.nudge();
    return null;
  }

  takeReports(into: Float64Array): number {
    const { length } = this.#reports;
    if (length > into.length) return -length;
    into.set(this.#reports);
    this.#reports = [];
    return length;
  }

  transaction(id: number, slab: Uint8Array, index: Int32Array, sends: Int32Array): void {
    const records = readPacked(slab, index);
    const counts = Array.from(sends);
    this.#context.mailbox.answer(id, () => this.#transaction(records, counts));
  }

  #transaction(records: PackedRecord[], sends: number[]): number[] {
    const { cluster, telemetry } = this.#context;
    const all = this.#place(records);
    const failed = all.failures[0];
    if (failed !== undefined) {
      telemetry.count('transactionsAborted');
      const cause = cluster.failures.describe(failed.number, 'transaction');
      throw new Refusal({
        ...nativeError(
          'KafkaTransactionError',
          'ERR_KAFKA_TRANSACTION_ABORTED',
          `the transaction was aborted: ${cause.message}`,
          true,
        ),
        details: JSON.stringify({ outcome: 'aborted' }),
        // Of this shape it comes up: details as text in a text.
        cause: JSON.stringify(cause),
      });
    }
    telemetry.count('transactionsCommitted');
    const numbers: number[] = [];
    let from = 0;
    for (let at = 0; at < sends.length; at += 2) {
      const count = sends[at + 1] as number;
      if (count > 0) {
        const placed = all.placed.slice(from, from + count);
        this.#report(sends[at] as number, { placed, failures: [], count }, numbers);
      }
      from += count;
    }
    return numbers;
  }

  setTransactionalId(_id?: string | null): NativeError | null {
    return null;
  }

  isConnected(): boolean {
    return this.#connected;
  }

  topicOf(record: PackedRecord): string {
    return typeof record.topic === 'string' ? record.topic : (this.#topicNames[record.topic] as string);
  }

  /** Chooses partitions; where something fails tells it and stores nothing of that record. */
  #place(records: PackedRecord[]): Outcome {
    const { cluster } = this.#context;
    const outcome: Outcome = { placed: [], failures: [], count: records.length };
    const topics = records.map((record) => this.topicOf(record));
    const away = cluster.away ? cluster.failures.numberOf('ERR_KAFKA_MSG_TIMED_OUT') : undefined;
    const told = records.length === 0 ? undefined : (away ?? cluster.failures.next(topics));
    records.forEach((record, index) => {
      const topic = topics[index] as string;
      const number = told ?? this.#refusal(topic, record);
      const partition = cluster.partitionOf(topic, record.partition, record.key);
      if (number !== undefined) outcome.failures.push({ index, number });
      else outcome.placed.push({ topic, partition: partition as number, record });
    });
    return outcome;
  }

  #refusal(topic: string, { key, value, headers, partition }: PackedRecord): number | undefined {
    const { cluster } = this.#context;
    const known = cluster.topic(topic);
    const code =
      known === undefined
        ? 'ERR_KAFKA_UNKNOWN_TOPIC_OR_PART'
        : partition >= known.partitions
          ? 'ERR_KAFKA_UNKNOWN_PARTITION'
          : (key?.length ?? 0) + (value?.length ?? 0) + headers.length > LARGEST
            ? 'ERR_KAFKA_MSG_SIZE_TOO_LARGE'
            : undefined;
    return code === undefined ? undefined : cluster.failures.numberOf(code);
  }

  /** Stores what was placed and writes the report. */
  #report(sendId: number, { placed, failures, count }: Outcome, numbers: number[]): void {
    const { cluster, telemetry } = this.#context;
    const partitions = new Map<string, number[]>();
    for (const { topic, partition, record } of placed) {
      const offset = cluster.append(topic, partition, record);
      const key = `${topic} ${partition}`;
      if (!partitions.has(key)) partitions.set(key, [this.topicId(topic).id, partition, offset, -1, 0]);
      telemetry.count('produced');
      telemetry.count('producedBytes', (record.key?.length ?? 0) + (record.value?.length ?? 0));
      telemetry.publishTimes.add(0);
    }
    telemetry.count('produceErrors', failures.length);
    numbers.push(sendId, count, partitions.size, failures.length, ...[...partitions.values()].flat());
    for (const { index, number } of failures) numbers.push(index, number, 0);
  }
}
