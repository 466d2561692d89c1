/** KafkaJS's batch over a run of messages. */
import type { Run } from '../../kafka/handler.js';
import { ConsumedMessage } from './message.js';
import type { Batch, KafkaMessage } from './payloads.js';

export class ConsumedBatch implements Batch {
  readonly topic: string;
  readonly partition: number;
  readonly highWatermark: string;
  readonly messages: KafkaMessage[];

  /** @param high offset after the last message of the partition; below 0: not known */
  constructor(topic: string, partition: number, high: number, { slab, from, to }: Run) {
    const messages = new Array<ConsumedMessage>(to - from);
    for (let i = from; i < to; i++) messages[i - from] = new ConsumedMessage(slab, i);
    this.topic = topic;
    this.partition = partition;
    this.highWatermark = String(Math.max(high, slab.offset(to - 1) + 1));
    this.messages = messages as unknown as KafkaMessage[];
  }

  /** Never: what is fetched and hidden (aborted, control records) makes no batch. */
  isEmpty(): boolean {
    return this.messages.length === 0;
  }

  firstOffset(): string | null {
    return this.messages[0]?.offset ?? null;
  }

  lastOffset(): string {
    return this.messages[this.messages.length - 1]?.offset ?? '-1';
  }

  offsetLag(): string {
    return String(Number(this.highWatermark) - 1 - Number(this.lastOffset()));
  }

  offsetLagLow(): string {
    return String(Number(this.highWatermark) - 1 - Number(this.firstOffset()));
  }
}
