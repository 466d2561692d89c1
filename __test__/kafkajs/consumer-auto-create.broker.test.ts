// Topics that brokers make when a consumer asks for them: a broker of its own, since the shared one makes none.

import { startTestBroker, type TestBroker } from '../../tools/broker/testing.mjs';
import { unique, until } from '../support/until';
import { both } from './support/both';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({ properties: { 'auto.create.topics.enable': true } });
}, 120_000);
afterAll(() => broker?.stop());

both('consumer of a topic that does not exist', (lib) => {
  test('it is made by subscribe', async () => {
    const topic = unique('made');
    const kafka = lib.kafka({ brokers: [broker.brokers] });
    const consumer = kafka.consumer({ groupId: unique('group'), maxWaitTimeInMs: 100 });
    await lib.open(consumer);
    await lib.differs('the first answer of a KRaft broker is that there is none; kafka4 asks again', {
      kafkajs: () =>
        expect(consumer.subscribe({ topic })).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' }),
      kafka4: async () => {
        const seen: string[] = [];
        await consumer.subscribe({ topic, fromBeginning: true });
        await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) });
        const producer = await lib.open(kafka.producer({ allowAutoTopicCreation: false }));
        await producer.send({ topic, messages: [{ value: 'here' }] });
        await until('one', () => seen.length === 1);
      },
    });
  });

  test('it is not with allowAutoTopicCreation: false', async () => {
    const topic = unique('not-made');
    const kafka = lib.kafka({ brokers: [broker.brokers] });
    const consumer = await lib.open(kafka.consumer({ groupId: unique('group'), allowAutoTopicCreation: false }));
    await expect(consumer.subscribe({ topic })).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' });
    const admin = await lib.open(kafka.admin());
    expect(await admin.listTopics()).not.toContain(topic);
  });
});
