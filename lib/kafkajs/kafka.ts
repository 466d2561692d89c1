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

export class Kafka {
  readonly #cluster: Cluster;

  /** Connects to nothing. What librdkafka cannot do throws KafkaJSNotImplemented here. */
  constructor(config: KafkaConfig) {
    this.#cluster = new Cluster(config);
  }

  producer(config?: ProducerConfig): Producer {
    tellOfCodecs(this.#cluster.logger);
    return createProducer(this.#cluster, config);
  }

  consumer(config: ConsumerConfig): Consumer {
    tellOfCodecs(this.#cluster.logger);
    return createConsumer(this.#cluster, config);
  }

  admin(config?: AdminConfig): Admin {
    return createAdmin(this.#cluster, config);
  }

  logger(): Logger {
    return this.#cluster.logger;
  }
}
