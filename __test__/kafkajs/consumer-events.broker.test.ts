// Instrumentation events of consumers: when they come, and with what.

import { until } from '../support/until';
import { both } from './support/both';
import { consumerOf, numbered, publish, told } from './support/consuming';

both('consumer events', (lib) => {
  test('START_BATCH_PROCESS and END_BATCH_PROCESS around each batch', async () => {
    const topic = await lib.topic('batch-events');
    await publish(topic, numbered(5));
    const { consumer } = await consumerOf(lib);
    const events = told(consumer, 'START_BATCH_PROCESS', 'END_BATCH_PROCESS');
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    await until('all handled', () => {
      const sizes = events.filter(({ name }) => name === 'END_BATCH_PROCESS').map(({ payload }) => payload.batchSize);
      return sizes.reduce((a, b) => a + b, 0) === 5;
    });
    const [start, end] = events as [{ name: string; payload: any }, { name: string; payload: any }];
    expect([start.name, end.name]).toEqual(['START_BATCH_PROCESS', 'END_BATCH_PROCESS']);
    const { batchSize } = start.payload;
    const wanted = {
      topic,
      partition: 0,
      highWatermark: '5',
      offsetLag: String(5 - batchSize),
      offsetLagLow: '4',
      batchSize,
      firstOffset: '0',
      lastOffset: String(batchSize - 1),
    };
    expect(start.payload).toEqual(wanted);
    expect(end.payload).toEqual({ ...wanted, duration: expect.any(Number) });
  });

  test('an event has id, type, timestamp and payload', async () => {
    const { consumer } = await consumerOf(lib);
    const events: any[] = [];
    consumer.on(consumer.events.DISCONNECT, (event) => void events.push(event));
    await consumer.disconnect();
    expect(events).toHaveLength(1);
    expect(Object.keys(events[0]).sort()).toEqual(['id', 'payload', 'timestamp', 'type']);
    expect(events[0].type).toBe('consumer.disconnect');
    expect(Math.abs(Date.now() - events[0].timestamp)).toBeLessThan(60_000);
  });

  test('FETCH_START and FETCH', async () => {
    const topic = await lib.topic('fetch-events');
    const { consumer } = await consumerOf(lib);
    const events = told(consumer, 'FETCH_START', 'FETCH');
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    await until('a fetch', () => events.some(({ name }) => name === 'FETCH'));
    const start = events.findIndex(({ name }) => name === 'FETCH_START');
    const end = events.findIndex(({ name }) => name === 'FETCH');
    expect(start).toBeLessThan(end);
    // A text, whatever the type says.
    expect(events[start]?.payload).toEqual({ nodeId: '1' });
    expect(events[end]?.payload).toEqual({
      numberOfBatches: 0,
      duration: expect.any(Number),
      nodeId: events[start]?.payload.nodeId,
    });
  });

  test('REQUEST tells of each request that was answered', async () => {
    const topic = await lib.topic('request-events');
    const { consumer } = await consumerOf(lib);
    const events = told(consumer, 'REQUEST');
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    await until('a join', () => events.some(({ payload }) => payload.apiName === 'JoinGroup'));
    const join = events.find(({ payload }) => payload.apiName === 'JoinGroup');
    expect(join?.payload).toEqual({
      apiKey: 11,
      apiName: 'JoinGroup',
      apiVersion: expect.any(Number),
      broker: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      clientId: 'conformance',
      correlationId: expect.any(Number),
      createdAt: expect.any(Number),
      sentAt: expect.any(Number),
      pendingDuration: expect.any(Number),
      duration: expect.any(Number),
      size: expect.any(Number),
    });
    for (const apiName of ['SyncGroup', 'OffsetFetch', 'Fetch']) {
      await until(apiName, () => events.some(({ payload }) => payload.apiName === apiName));
    }
  });

  test('REQUEST_QUEUE_SIZE', async () => {
    const topic = await lib.topic('queue-events');
    const { consumer } = await consumerOf(lib);
    const events = told(consumer, 'REQUEST_QUEUE_SIZE');
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    await lib.differs('KafkaJS tells it only while more requests wait than maxInFlightRequests allows', {
      kafkajs: () => expect(events).toEqual([]),
      kafka4: async () => {
        await until('one', () => events.length > 0);
        expect(events[0]?.payload).toEqual({
          broker: expect.stringMatching(/:\d+$/),
          clientId: 'conformance',
          queueSize: expect.any(Number),
        });
      },
    });
  });

  test('the log tells of the join and of the end, under KafkaJS’s names', async () => {
    const topic = await lib.topic('log');
    const entries: { namespace: string; level: number; log: Record<string, unknown> }[] = [];
    const logCreator = () => (entry: any) => void entries.push(entry);
    const { consumer, groupId } = await consumerOf(lib, {}, { logLevel: lib.exports.logLevel.INFO, logCreator });
    const joins = told(consumer, 'GROUP_JOIN');
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: async () => {} });
    await until('the join', () => joins.length > 0);
    await consumer.stop();
    const join = joins[0] as { payload: Record<string, unknown> };
    const seen = entries.map(({ namespace, level, log: { message, ...more } }) => [namespace, level, message, more]);
    const common = { timestamp: expect.any(String), logger: 'kafkajs', groupId };
    const { INFO } = lib.exports.logLevel;
    expect(seen).toEqual([
      ['Consumer', INFO, 'Starting', common],
      ['ConsumerGroup', INFO, 'Consumer has joined the group', { ...common, ...join.payload }],
      ['Runner', INFO, 'consumer not running, exiting', { ...common, memberId: join.payload.memberId }],
      ['Consumer', INFO, 'Stopped', common],
    ]);
  });

  test('the function that on gives ends the listening', async () => {
    const topic = await lib.topic('off');
    await publish(topic, numbered(1));
    const { consumer } = await consumerOf(lib);
    let [kept, ended] = [0, 0];
    consumer.on(consumer.events.GROUP_JOIN, () => {
      kept += 1;
    });
    const off = consumer.on(consumer.events.GROUP_JOIN, () => {
      ended += 1;
    });
    off();
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: async () => {} });
    await until('the join', () => kept > 0);
    expect([kept, ended]).toEqual([1, 0]);
  });

  test('a listener that throws disturbs nothing', async () => {
    const topic = await lib.topic('listener-throws');
    await publish(topic, numbered(2));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    consumer.on(consumer.events.START_BATCH_PROCESS, async () => {
      throw new Error('a defect of the listener');
    });
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    await until('two', () => seen.length === 2);
  });
});
