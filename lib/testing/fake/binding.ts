/**
 * The addon in pure JavaScript: the classes of index.d.ts on a cluster in memory. The services of lib/kafka run on it
 * unchanged, so their checks, their order and their errors are the real ones.
 */
import type * as Native from '../../../index.js';
import { KafkaNotSupportedError } from '../../kafka/errors.js';
import { FakeAdminService } from './admin.js';
import { FakeCluster } from './cluster.js';
import { FakeConsumerService } from './consumer.js';
import { FakeContext } from './context.js';
import { FakeInitializationService } from './initialization.js';
import { FakeMailbox } from './mailbox.js';
import { FakeProducerService } from './producer.js';

export interface FakeBinding {
  /** In the place of the addon. */
  binding: typeof Native;
  cluster: FakeCluster;
}

/** KafkaJS's consumer, admin and transactions; its producer runs on the fakes. */
class NotFaked {
  constructor() {
    throw new KafkaNotSupportedError(
      'ERR_KAFKA_TESTING_NOT_FAKED',
      "of KafkaJS's clients the fakes have the producer only: use useEmbeddedKafka() or a broker",
    );
  }
}

export function makeBinding(): FakeBinding {
  const cluster = new FakeCluster();
  class BoundContext extends FakeContext {
    constructor(mailbox: FakeMailbox, variables: Record<string, string>) {
      super(cluster, mailbox, variables);
    }
  }
  const binding = {
    NativeMailbox: FakeMailbox,
    NativeContext: BoundContext,
    NativeProducerService: FakeProducerService,
    NativeConsumerService: FakeConsumerService,
    NativeAdminService: FakeAdminService,
    NativeInitializationService: FakeInitializationService,
    NativeTransactions: NotFaked,
    NativeGroupMember: NotFaked,
    NativeKafkaJsAdmin: NotFaked,
    describeErrorCode: (code: number, context: string) => cluster.failures.describe(code, context),
  };
  return { binding: binding as unknown as typeof Native, cluster };
}
