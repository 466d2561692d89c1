// The broker that the hostile frames come from: the embedded one of this process, with its address, and a reader of its
// own that says what is really in a topic.

/** @typedef {Awaited<ReturnType<typeof openBroker>>} Broker */

export async function openBroker() {
  Object.assign(process.env, { KAFKA_BROKER: 'embedded', KAFKA_LOG_LEVEL: '0' });
  const k = await import('kafka4');
  await k.initializeKafka4();
  const { brokers } = await k.kafkaAdminService.describeCluster();
  const [{ host, port }] = brokers;
  return {
    host,
    port,
    createTopic: (name) => k.kafkaAdminService.createTopics([{ name, partitions: 2, retentionMs: 3_600_000 }]),
    /** The values of the topic, until all wanted ones are there or the time (ms) is over. */
    async read(topic, wanted, within = 10_000) {
      const consumer = new k.KafkaConsumerService();
      const found = new Set();
      consumer.registerBatchHandler(topic, ({ batch }) => {
        for (const message of batch.messages) found.add(message.text());
      });
      await consumer.startConsumer(topic, `reader-${topic}`);
      const end = Date.now() + within;
      while (wanted.some((value) => !found.has(value)) && Date.now() < end)
        await new Promise((resolve) => setTimeout(resolve, 20));
      await consumer.stopAllConsumers();
      return found;
    },
    async close() {
      await k.kafkaInitializationService.cleanup();
      await k.kafkaAdminService.disconnect();
    },
  };
}
