// What kafka4's consumer has besides KafkaJS's: static membership, the group protocol of KIP-848, bounds.

import * as kafkajs from 'kafkajs';
import { Kafka, logLevel } from '@/lib/index';
import { deferred } from '../support/deferred';
import { sharedBroker } from '../support/kafka-tools';
import { unique, until } from '../support/until';
import { committed, numbered, pause, publish } from './support/consuming';

const kafka = new Kafka({ brokers: [sharedBroker()], clientId: 'additions', logLevel: logLevel.NOTHING });
const open: { disconnect(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.disconnect().catch(() => {})));
});

async function topicOf(name: string, partitions = 1): Promise<string> {
  const admin = kafka.admin();
  open.push(admin);
  await admin.connect();
  const topic = unique(name);
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
  return topic;
}

type Options = Partial<Parameters<typeof kafka.consumer>[0]>;

async function consumerOf(options: Options = {}) {
  const groupId = options.groupId ?? unique('group');
  const consumer = kafka.consumer({ ...options, groupId });
  open.push(consumer);
  await consumer.connect();
  return { consumer, groupId };
}

test('groupProtocol: consumer joins by the protocol of KIP-848, and shares', async () => {
  const topic = await topicOf('kip-848', 4);
  const a = await consumerOf({ groupProtocol: 'consumer' });
  const b = await consumerOf({ groupProtocol: 'consumer', groupId: a.groupId });
  const joins: Record<string, any> = {};
  const seen = new Set<string>();
  for (const [name, { consumer }] of Object.entries({ a, b })) {
    consumer.on('consumer.group_join', ({ payload }) => {
      joins[name] = payload;
    });
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => void seen.add(`${partition}:${message.offset}`),
    });
  }
  await until('two for each', () => {
    const counts = ['a', 'b'].map((name) => joins[name]?.memberAssignment[topic]?.length);
    return counts.every((count) => count === 2);
  });
  await publish(
    topic,
    [0, 1, 2, 3].flatMap((partition) => numbered(5, { partition })),
  );
  await until('all', () => seen.size === 20);
  expect(joins.a).toMatchObject({ isLeader: false, leaderId: '' });
  await a.consumer.disconnect();
  await b.consumer.disconnect();
  expect(await committed(a.groupId, topic)).toEqual({ 0: '5', 1: '5', 2: '5', 3: '5' });
});

test('groupInstanceId: a restart within the session gets the same partitions without a rebalance', async () => {
  const topic = await topicOf('static', 2);
  const a = await consumerOf({ groupInstanceId: 'one' });
  const b = await consumerOf({ groupInstanceId: 'two', groupId: a.groupId });
  const assigned: Record<string, number[]> = {};
  let rebalances = 0;
  const run = async (name: string, { consumer }: typeof a) => {
    consumer.on('consumer.group_join', ({ payload }) => {
      assigned[name] = payload.memberAssignment[topic] ?? [];
    });
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: async () => {} });
  };
  await run('a', a);
  a.consumer.on('consumer.rebalancing', () => {
    rebalances += 1;
  });
  await run('b', b);
  await until('one for each', () => assigned.a?.length === 1 && assigned.b?.length === 1);
  const [ofB, before] = [assigned.b, rebalances];
  await b.consumer.disconnect();
  const again = await consumerOf({ groupInstanceId: 'two', groupId: a.groupId });
  await run('again', again);
  expect(assigned.again).toEqual(ofB);
  expect(rebalances).toBe(before);
});

test.each([
  ['groupProtocol', { groupProtocol: 'other' }, 'groupProtocol must be "classic" or "consumer", not "other"'],
])('a %s that there is not', (_name, options, message) => {
  expect(() => kafka.consumer({ groupId: 'g', ...options } as never)).toThrow(message);
});

test('a handler that never ends does not hold a stop for ever', async () => {
  const topic = await topicOf('never-ends');
  await publish(topic, numbered(2));
  const short = new Kafka({ brokers: [sharedBroker()], logLevel: logLevel.NOTHING, requestTimeout: 3000 });
  const groupId = unique('group');
  const consumer = short.consumer({ groupId, rebalanceTimeout: 3000, sessionTimeout: 6000 });
  open.push(consumer);
  await consumer.connect();
  let called = false;
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: () => {
      called = true;
      return new Promise(() => {});
    },
  });
  await until('the handler', () => called);
  await consumer.disconnect();
  expect(await committed(groupId, topic)).toEqual({ 0: '-1' });
});

test('a handler that awaits heartbeats is told of a rebalance, and what it had resolved is kept', async () => {
  const topic = await topicOf('told-of-rebalance', 2);
  await publish(
    topic,
    [0, 1].flatMap((partition) => numbered(50, { partition })),
  );
  const groupId = unique('group');
  const a = await consumerOf({ groupId, heartbeatInterval: 200 });
  const handled: string[] = [];
  let refused: any;
  await a.consumer.subscribe({ topic, fromBeginning: true });
  await a.consumer.run({
    partitionsConsumedConcurrently: 2,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      for (const { offset } of batch.messages) {
        handled.push(`${batch.partition}:${offset}`);
        resolveOffset(offset);
        await pause(100);
        try {
          await heartbeat();
        } catch (error) {
          refused ??= error;
          throw error;
        }
      }
    },
  });
  await until('some', () => handled.length > 4);
  const b = await consumerOf({ groupId });
  await b.consumer.subscribe({ topic, fromBeginning: true });
  await b.consumer.run({
    eachMessage: async ({ partition, message }) => void handled.push(`${partition}:${message.offset}`),
  });
  await until('the refusal', () => refused);
  expect(refused).toMatchObject({ name: 'KafkaJSProtocolError', type: 'REBALANCE_IN_PROGRESS' });
  await until('all', () => new Set(handled).size === 100, 30_000);
  // Nothing came twice: what was resolved before the rebalance was committed in it.
  expect(handled).toHaveLength(100);
});

test('a stop while a restart is being decided: it does not start again', async () => {
  const topic = await topicOf('stop-in-decision');
  await publish(topic, numbered(1));
  const [asked, decide] = [deferred(), deferred()];
  const restartOnFailure = async () => {
    asked.resolve();
    await decide.promise;
    return true;
  };
  const retry = { retries: 0, initialRetryTime: 20, restartOnFailure };
  const { consumer } = await consumerOf({ retry });
  let [joins, crashes] = [0, 0];
  consumer.on('consumer.group_join', () => {
    joins += 1;
  });
  consumer.on('consumer.crash', () => {
    crashes += 1;
  });
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: () => Promise.reject(new Error('broken')) });
  await asked.promise;
  await consumer.disconnect();
  decide.resolve();
  await until('the crash is told', () => crashes === 1);
  await pause(500);
  expect(joins).toBe(1);
});

test('a group with members of kafkajs is told as an error, not waited for', async () => {
  const topic = await topicOf('mixed');
  const groupId = unique('group');
  const theirs = new kafkajs.Kafka({ brokers: [sharedBroker()], logLevel: kafkajs.logLevel.NOTHING });
  const member = theirs.consumer({ groupId });
  open.push(member);
  await member.connect();
  await member.subscribe({ topic });
  await member.run({ eachMessage: async () => {} });
  const { consumer } = await consumerOf({ groupId });
  const crashes: any[] = [];
  consumer.on('consumer.crash', ({ payload }) => void crashes.push(payload));
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: async () => {} });
  await until('the crash', () => crashes.length > 0);
  expect(crashes[0]).toMatchObject({
    groupId,
    restart: false,
    error: { name: 'KafkaJSProtocolError', type: 'INCONSISTENT_GROUP_PROTOCOL' },
  });
});

test('an embedded cluster works', async () => {
  const embedded = new Kafka({ brokers: ['embedded'], logLevel: logLevel.NOTHING });
  const [admin, producer] = [embedded.admin(), embedded.producer()];
  const consumer = embedded.consumer({ groupId: 'embedded' });
  open.push(admin, producer, consumer);
  await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
  const topic = unique('embedded');
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
  await producer.send({ topic, messages: [{ value: 'one' }, { value: 'two' }] });
  const seen: string[] = [];
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) });
  await until('two', () => seen.length === 2, 45_000);
  expect(seen).toEqual(['one', 'two']);
});
