// KafkaJS's clients on the fakes: the producer runs, the others say that they do not.

import { Kafka, logLevel, Partitioners } from '@/lib/index';
import { publishedEvents, useFakeKafka } from '@/lib/testing';
import { rejection } from '../support/until';

useFakeKafka();

const kafka = new Kafka({ brokers: ['localhost:1'], logLevel: logLevel.NOTHING });

test.each(['without a key', 'by a partitioner in JavaScript'])(
  'a KafkaJS producer publishes to the fakes, %s',
  async (how) => {
    const createPartitioner = how === 'without a key' ? Partitioners.DefaultPartitioner : () => () => 1;
    const producer = kafka.producer({ createPartitioner });
    await producer.connect();
    const [metadata] = await producer.send({ topic: 'user-events', messages: [{ value: '{"eventType":"e"}' }] });
    expect(metadata).toMatchObject({ topicName: 'user-events', errorCode: 0 });
    await producer.disconnect();
    const [event] = await publishedEvents('user-events');
    expect(event).toMatchObject({ topic: 'user-events', partition: metadata?.partition });
  },
);

test('a consumer, an admin and a transaction are refused', async () => {
  const transactional = kafka.producer({ transactionalId: 't' });
  const clients = [kafka.admin(), kafka.consumer({ groupId: 'g' }), transactional];
  for (const client of clients) {
    const error = await rejection(
      client === transactional ? transactional.connect().then(() => transactional.transaction()) : client.connect(),
    );
    expect(String(error.cause ?? error)).toContain('useEmbeddedKafka');
  }
});
