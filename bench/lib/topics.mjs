// Topics of a run, through KafkaJS: a third party, so that neither side of a comparison vouches for its own counts.

import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';

const { Kafka, logLevel } = kafkajs;
const ATTEMPTS = 200;

export class Topics {
  #admin;
  #prefix = `kafka4-bench-${process.pid}-${Date.now().toString(36)}`;
  #number = 0;
  #made = new Set();

  constructor(address) {
    const kafka = new Kafka({ clientId: 'kafka4-bench', brokers: address.split(','), logLevel: logLevel.NOTHING });
    this.#admin = kafka.admin();
  }

  connect() {
    return this.#admin.connect();
  }

  /** Fresh topics, so that their end offsets tell exactly what a run wrote. */
  async create(count, numPartitions, configEntries = []) {
    const topics = [];
    for (let i = 0; i < count; i++) {
      this.#number += 1;
      topics.push(`${this.#prefix}-${this.#number}`);
    }
    for (const topic of topics) this.#made.add(topic);
    await this.#admin.createTopics({
      topics: topics.map((topic) => ({ topic, numPartitions, replicationFactor: 1, configEntries })),
      waitForLeaders: false,
    });
    await this.written(topics);
    return topics;
  }

  /** Messages that were ever written to the topics: the sum of their end offsets. */
  async written(topics) {
    let sum = 0;
    for (const topic of topics) {
      for (const { high } of await this.#offsets(topic)) sum += Number(high);
    }
    return sum;
  }

  /** Of a new topic, brokers say for a moment that they do not know or lead it, and KafkaJS takes that for a failure. */
  async #offsets(topic) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#admin.fetchTopicOffsets(topic);
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        await sleep(50);
      }
    }
  }

  async remove(topics) {
    for (const topic of topics) this.#made.delete(topic);
    await this.#admin.deleteTopics({ topics });
  }

  /** Removes what is left and disconnects. */
  async close() {
    if (this.#made.size > 0) await this.#admin.deleteTopics({ topics: [...this.#made] }).catch(() => {});
    await this.#admin.disconnect();
  }
}
