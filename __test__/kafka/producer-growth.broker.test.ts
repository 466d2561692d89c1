// A topic that gets more partitions while it is written to.

import { kafkaAdminService, kafkaConfig, kafkaProducerService as producer } from '@/lib/kafka';
import murmur2 from '../fixtures/murmur2-partitions.json';
import { useRealBroker } from '../support/broker';
import { kafkaTool } from '../support/kafka-tools';
import { endOffsets } from '../support/kafkajs-reader';
import { newTopic } from '../support/topics';
import { until } from '../support/until';

useRealBroker();
// Every 5 minutes otherwise, as in Kafka's own client.
beforeAll(() => {
  kafkaConfig.librdkafka = { 'topic.metadata.refresh.interval.ms': 1_000 };
});

test('partitions that are added to a topic are used, and nothing is lost meanwhile', async () => {
  const topic = await newTopic(1);
  await producer.publishBatch(topic, [{ key: 'a', value: 'v' }]);
  await kafkaTool('TopicCommand', ['--alter', '--topic', topic, '--partitions', '6']);
  await until(
    'six partitions',
    async () => (await kafkaAdminService.describeTopics([topic]))[0]!.partitions.length === 6,
  );
  // Its partition of six is not its partition of one.
  const { base64, partitions } = murmur2.keys.find((key) => key.partitions[3] === 5)!;
  let sent = 1;
  await until(
    'the key goes to its new partition',
    async () => {
      const [at] = await producer.publishBatch(topic, [{ key: Buffer.from(base64, 'base64'), value: 'v' }]);
      sent += 1;
      return at?.partition === partitions[3];
    },
    40_000,
  );
  expect((await endOffsets(topic)).reduce((sum, end) => sum + end)).toBe(sent);
});
