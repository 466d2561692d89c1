/** `new Kafka(config)`: KafkaJS's way in. */
import { createAdmin } from './admin/index.js';
import type { Admin, AdminConfig } from './admin/types.js';
import { tellOfCodecs } from './compression/index.js';
import { Cluster } from './config/cluster.js';
import type { KafkaConfig } from './config/types.js';
import { createConsumer } from './consumer/index.js';
import type { Consumer, ConsumerConfig } from './consumer/types.js';
import type { Logger } from './logger.js';
import { createProducer } from './producer/index.js';
import type { Producer, ProducerConfig } from './producer/types.js';

/**
 * A property and no private field: libraries that wrap a client hand its methods a Proxy of it, or a copy. And none that is
 * declared: whatever has the methods is a `Kafka` to TypeScript.
 */
const CLUSTER = Symbol('private:Kafka:cluster');

function clusterOf(kafka: Kafka): Cluster {
  return (kafka as unknown as { [CLUSTER]: Cluster })[CLUSTER];
}

export class Kafka {
  /** Connects to nothing. What librdkafka cannot do throws KafkaJSNotImplemented here. */
  constructor(config: KafkaConfig) {
    Object.assign(this, { [CLUSTER]: new Cluster(config) });
  }

  producer(config?: ProducerConfig): Producer {
    const cluster = clusterOf(this);
    tellOfCodecs(cluster.logger);
    return createProducer(cluster, config);
  }

  consumer(config: ConsumerConfig): Consumer {
    const cluster = clusterOf(this);
    tellOfCodecs(cluster.logger);
    return createConsumer(cluster, config);
  }

  admin(config?: AdminConfig): Admin {
    return createAdmin(clusterOf(this), config);
  }

  logger(): Logger {
    return clusterOf(this).logger;
  }
}
