/**
 * KafkaJS's batch over a run of messages. Programs take messages out of its list while they handle it; where it begins
 * and ends, and so what is resolved after it, stays what was fetched.
 */
import type { Run } from '../../kafka/handler.js';
import { consumedMessage } from './message.js';
import type { Batch, KafkaMessage } from './payloads.js';

export class ConsumedBatch implements Batch {
  readonly topic: string;
  readonly partition: number;
  readonly highWatermark: string;
  readonly messages: KafkaMessage[];
  // Not private by `#`: a batch may be looked at through a Proxy.
  private readonly first: number;
  private readonly last: number;

  /** @param high offset after the last message of the partition; below 0: not known */
  constructor(topic: string, partition: number, high: number, { slab, from, to }: Run) {
    const messages = new Array<KafkaMessage>(to - from);
    for (let i = from; i < to; i++) messages[i - from] = consumedMessage(slab, i);
    this.topic = topic;
    this.partition = partition;
    this.first = slab.offset(from);
    this.last = slab.offset(to - 1);
    this.highWatermark = String(Math.max(high, this.last + 1));
    this.messages = messages;
  }

  /** Never when it comes: what is fetched and hidden (aborted, control records) makes no batch. */
  isEmpty(): boolean {
    return this.messages.length === 0;
  }

  firstOffset(): string {
    return String(this.first);
  }

  lastOffset(): string {
    return String(this.last);
  }

  offsetLag(): string {
    return String(Number(this.highWatermark) - 1 - this.last);
  }

  offsetLagLow(): string {
    return String(Number(this.highWatermark) - 1 - this.first);
  }
}
