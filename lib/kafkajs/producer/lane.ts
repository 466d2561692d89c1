/** One client of librdkafka: what it sends has the same acks, compression and timeout. */
import type { NativeProducerService } from '../../../index.js';
import type { Context } from '../../kafka/context.js';
import { native } from '../../kafka/native.js';
import { QUIET_MS } from '../../kafka/patience.js';
import type { Cluster } from '../config/cluster.js';
import type { Retry } from '../config/retry.js';
import type { PartitionMetadata } from '../shared-types.js';
import type { RecordMetadata } from '../types.js';
import type { RequestWatch } from './request-watch.js';
import { type Choose, RecordSender } from './sender.js';
import type { TopicMessages } from './types.js';

export interface TopicMetadata {
  topic: string;
  errorCode: number;
  partitions: PartitionMetadata[];
}

export class Lane {
  readonly context: Context;
  readonly #core: NativeProducerService;
  readonly #sender: RecordSender;
  readonly #watch: RequestWatch;
  /** Sends that are not settled. */
  inFlight = 0;

  private constructor(context: Context, watch: RequestWatch) {
    this.context = context;
    this.#watch = watch;
    watch.attach(context);
    this.#core = new (native().NativeProducerService)(context.native);
    this.#sender = new RecordSender(() => this.#core);
    context.mailbox.addSource(() => {
      this.#sender.drainReports();
      watch.drain(this.#core);
    });
  }

  /** Connected, or rejects with what the core tells. */
  static async open(
    cluster: Cluster,
    retry: Retry,
    properties: Record<string, string>,
    watch: RequestWatch,
  ): Promise<Lane> {
    const context = await cluster.context(retry, properties);
    const lane = new Lane(context, watch);
    try {
      await context.mailbox.request<void>((id) => lane.#core.connect(id));
    } catch (error) {
      watch.detach(context);
      context.close();
      throw error;
    }
    cluster.connected(context);
    return lane;
  }

  async send(topicMessages: TopicMessages[], choose?: Choose): Promise<RecordMetadata[]> {
    this.inFlight += 1;
    try {
      return await this.#sender.send(topicMessages, choose);
    } finally {
      this.inFlight -= 1;
    }
  }

  metadata(topics: string[]): Promise<TopicMetadata[]> {
    return this.context.mailbox.request((id) => this.#core.metadata(id, topics));
  }

  /** Waits for what is in flight, `timeoutMs` at most; the rest is rejected. */
  async close(timeoutMs: number): Promise<void> {
    this.#sender.flush();
    await this.context.mailbox.request<void>((id) => this.#core.disconnect(id, timeoutMs, QUIET_MS));
    this.#sender.drainReports();
    this.#watch.detach(this.context);
    this.context.close();
  }
}
