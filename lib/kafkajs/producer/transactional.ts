/** The client behind the transactions of one producer: one transactional id, one transaction at a time. */
import type { NativeTransactions } from '../../../index.js';
import type { Context } from '../../kafka/context.js';
import { KafkaTransactionError } from '../../kafka/errors.js';
import { native } from '../../kafka/native.js';
import { QUIET_MS } from '../../kafka/patience.js';
import type { Cluster } from '../config/cluster.js';
import type { Retry } from '../config/retry.js';
import type { TopicOffsets } from '../shared-types.js';
import type { RecordMetadata } from '../types.js';
import type { RequestWatch } from './request-watch.js';
import { type Choose, RecordSender } from './sender.js';
import type { TopicMessages } from './types.js';

export class TransactionalClient {
  readonly #context: Context;
  readonly #core: NativeTransactions;
  readonly #sender: RecordSender;
  readonly #watch: RequestWatch;

  private constructor(context: Context, transactionalId: string, watch: RequestWatch) {
    this.#context = context;
    this.#watch = watch;
    watch.attach(context);
    this.#core = new (native().NativeTransactions)(context.native, transactionalId);
    this.#sender = new RecordSender(() => this.#core);
    context.mailbox.addSource(() => {
      this.#sender.drainReports();
      watch.drain(this.#core);
    });
  }

  static async open(
    cluster: Cluster,
    retry: Retry,
    transactionalId: string,
    properties: Record<string, string>,
    watch: RequestWatch,
  ): Promise<TransactionalClient> {
    return new TransactionalClient(await cluster.context(retry, properties), transactionalId, watch);
  }

  /** Connects with the first one; from then on requests have the cluster's timeout. */
  async begin(cluster: Cluster): Promise<void> {
    await this.#request((id) => this.#core.begin(id));
    cluster.connected(this.#context);
  }

  send(topicMessages: TopicMessages[], choose?: Choose): Promise<RecordMetadata[]> {
    return this.#sender.send(topicMessages, choose);
  }

  sendOffsets(group: string, topics: TopicOffsets[]): Promise<void> {
    const offsets = topics.flatMap(({ topic, partitions }) =>
      partitions.map(
        ({ partition, offset, metadata }: { partition: number; offset: string; metadata?: string | null }) => ({
          topic,
          partition: Number(partition),
          offset: Number(offset),
          metadata: metadata ?? undefined,
        }),
      ),
    );
    return this.#request((id) => this.#core.sendOffsets(id, group, offsets));
  }

  /** The error says by `details.outcome` whether nothing of the transaction is stored. */
  commit(): Promise<void> {
    this.#sender.flush();
    return this.#request((id) => this.#core.commit(id));
  }

  abort(): Promise<void> {
    this.#sender.flush();
    return this.#request((id) => this.#core.abort(id));
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#request((id) => this.#core.disconnect(id, timeoutMs, QUIET_MS));
    this.#sender.drainReports();
    this.#watch.detach(this.#context);
    this.#context.close();
  }

  #request(start: (id: number) => void): Promise<void> {
    return this.#context.mailbox.request<void>(start);
  }
}

/** A commit that failed, and left nothing behind: the transaction is aborted already. */
export function isAborted(error: unknown): boolean {
  return error instanceof KafkaTransactionError && error.details.outcome === 'aborted';
}
