// What consumers tell without being asked.

import { kafkaConsumerService as consumers, type Kafka4Event, kafkaProducerService as producer } from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { lastLine, runScript } from '../support/child';
import { keep, newTopic, numbered } from '../support/topics';
import { unique, until } from '../support/until';

useEmbeddedBroker({ KAFKA_RETRY_ATTEMPTS: '1' });

const names = ['partitionsAssigned', 'partitionsRevoked', 'offsetsCommitted', 'handlerFailed', 'deadLettered'] as const;

test('assignment, failure, dead letter, commit and revocation are told in their order', async () => {
  const [topic, group] = [await newTopic(2), unique('group')];
  const events: Kafka4Event[] = [];
  const offs = names.map((name) => consumers.on(name, (event) => events.push(event)));
  let handled = 0;
  consumers.registerHandler(topic, ({ message }) => {
    if (message.text() === '1') throw new Error('poison');
    handled += 1;
  });
  await consumers.startConsumer(topic, group);
  await producer.publishBatch(topic, numbered(3, 1));
  await until('the messages', () => handled === 2);
  await until('the commit', () => events.some(({ type }) => type === 'offsetsCommitted'));
  await consumers.stopConsumer(topic);
  await until('the end', () => events.some(({ type }) => type === 'partitionsRevoked'));
  for (const off of offs) off();

  const first = (type: string) => events.find((event) => event.type === type);
  const order = ['partitionsAssigned', 'handlerFailed', 'deadLettered', 'partitionsRevoked'];
  const places = order.map((type) => events.indexOf(first(type)!));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(first('partitionsAssigned')).toMatchObject({
    groupId: group,
    partitions: expect.arrayContaining([
      expect.objectContaining({ topic, partition: 0 }),
      expect.objectContaining({ topic, partition: 1 }),
    ]),
  });
  const commits = events.filter((event) => event.type === 'offsetsCommitted');
  expect(commits.at(-1)).toMatchObject({
    groupId: group,
    error: null,
    partitions: [{ topic, partition: 1, offset: 3 }],
  });
  expect(first('partitionsRevoked')).toMatchObject({ groupId: group, lost: false });
  expect(first('handlerFailed')).toMatchObject({ topic, partition: 1, offset: 1, attempt: 1, retryInMs: null });
  expect(first('deadLettered')).toMatchObject({ topic, partition: 1, offset: 1, deadLetterTopic: `${topic}.dlq` });
});

test('a listener that throws hurts neither the other listeners nor the messages', async () => {
  const topic = await newTopic();
  const seen: string[] = [];
  const offs = [
    consumers.on('partitionsAssigned', () => {
      throw undefined;
    }),
    consumers.on('partitionsAssigned', ({ type }) => seen.push(type)),
  ];
  const kept = keep(topic);
  await consumers.startConsumer(topic);
  await producer.publishBatch(topic, numbered(10));
  await until('the messages', () => kept.length === 10);
  expect(seen).toEqual(['partitionsAssigned']);
  for (const off of offs) off();
});

test('a listener is called until it is taken off, and the same one twice counts twice', async () => {
  const topic = await newTopic();
  keep(topic);
  let calls = 0;
  const listener = () => {
    calls += 1;
  };
  const [first, second] = [consumers.on('partitionsAssigned', listener), consumers.on('partitionsAssigned', listener)];
  await consumers.startConsumer(topic);
  await until('both', () => calls === 2);
  await consumers.stopConsumer(topic);
  first();
  first();
  await consumers.startConsumer(topic);
  await until('one', () => calls === 3);
  await consumers.stopConsumer(topic);
  second();
  await consumers.startConsumer(topic);
  await consumers.stopConsumer(topic);
  expect(calls).toBe(3);
});

test('an async listener that rejects does not end the process', async () => {
  const result = await runScript(
    `
    const { kafkaAdminService: admin, kafkaConsumerService: consumers, kafkaInitializationService: all } = await import('kafka4');
    let called = false;
    consumers.on('partitionsAssigned', async () => { called = true; throw new Error('in the listener'); });
    await admin.createTopics([{ name: 'topic', partitions: 1, retentionMs: -1 }]);
    consumers.registerHandler('topic', () => {});
    await consumers.startConsumer('topic');
    await consumers.stopConsumer('topic');
    await all.cleanup();
    console.log(JSON.stringify({ called }));
    `,
    { env: { KAFKA_BROKER: 'embedded', KAFKA_LOG_LEVEL: '0' } },
  );
  expect({ code: result.code, hung: result.hung, stderr: result.stderr }).toEqual({ code: 0, hung: false, stderr: '' });
  expect(lastLine(result)).toEqual({ called: true });
});
