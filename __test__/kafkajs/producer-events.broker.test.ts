// What producers tell those who listen.

import type { InstrumentationEvent, Producer } from 'kafkajs';
import { until } from '../support/until';
import { both } from './support/both';

both('events of a producer', (lib) => {
  /** The events of these names as they come. */
  function record(producer: Producer, ...names: (keyof Producer['events'])[]): InstrumentationEvent<any>[] {
    const events: InstrumentationEvent<any>[] = [];
    for (const name of names) producer.on(producer.events[name] as any, (event: any) => events.push(event));
    return events;
  }

  test('CONNECT and DISCONNECT', async () => {
    const producer = lib.kafka().producer();
    const events = record(producer, 'CONNECT', 'DISCONNECT');
    const before = Date.now();
    await producer.connect();
    expect(events).toHaveLength(1);
    await producer.disconnect();
    expect(events.map(({ type }) => type)).toEqual(['producer.connect', 'producer.disconnect']);
    for (const { id, timestamp, payload } of events) {
      expect(typeof id).toBe('number');
      expect(timestamp).toBeGreaterThanOrEqual(before);
      expect(payload ?? null).toBeNull();
    }
    expect(Number(events[1]?.id)).toBeGreaterThan(Number(events[0]?.id));
  });

  test('the function that on returns ends it', async () => {
    const producer = lib.kafka().producer();
    let count = 0;
    const remove = producer.on(producer.events.CONNECT, () => {
      count += 1;
    });
    await producer.connect();
    remove();
    await producer.disconnect();
    await producer.connect();
    await producer.disconnect();
    expect(count).toBe(1);
  });

  test('several listeners, each removed by itself', async () => {
    const producer = lib.later(lib.kafka().producer());
    const heard: string[] = [];
    const remove = producer.on(producer.events.CONNECT, () => void heard.push('a'));
    producer.on(producer.events.CONNECT, () => void heard.push('b'));
    remove();
    await producer.connect();
    expect(heard).toEqual(['b']);
  });

  test('a listener that rejects is logged, and harms nobody', async () => {
    const logged: any[] = [];
    const { ERROR } = lib.exports.logLevel;
    const kafka = lib.kafka({ logLevel: ERROR, logCreator: () => (entry) => logged.push(entry) });
    const producer = lib.later(kafka.producer());
    producer.on(producer.events.CONNECT, async () => {
      throw new Error('deaf');
    });
    await producer.connect();
    await until('the log', () => logged.length > 0);
    expect(logged[0]).toMatchObject({
      namespace: 'Producer',
      label: 'ERROR',
      log: { message: 'Failed to execute listener: deaf', eventName: 'producer.connect' },
    });
  });

  test('REQUEST tells of requests to brokers', async () => {
    const producer = lib.later(lib.kafka({ clientId: 'watched' }).producer());
    const events = record(producer, 'REQUEST');
    await producer.connect();
    const topic = await lib.topic();
    await producer.send({ topic, messages: [{ value: 'x' }] });
    const produce = await until('a Produce', () => events.find(({ payload }) => payload.apiName === 'Produce'));
    expect(produce.type).toBe('producer.network.request');
    expect(produce.payload).toEqual({
      apiKey: 0,
      apiName: 'Produce',
      apiVersion: expect.any(Number),
      broker: process.env.KAFKA4_TEST_BROKER,
      clientId: 'watched',
      correlationId: expect.any(Number),
      createdAt: expect.any(Number),
      duration: expect.any(Number),
      pendingDuration: expect.any(Number),
      sentAt: expect.any(Number),
      size: expect.any(Number),
    });
    expect(events.map(({ payload }) => payload.apiName)).toEqual(expect.arrayContaining(['Metadata', 'Produce']));
  });

  test('REQUEST of a transaction', async () => {
    const producer = lib.later(lib.kafka().producer({ transactionalId: `events-${lib.name}-${Date.now()}` }));
    const events = record(producer, 'REQUEST');
    await producer.connect();
    const topic = await lib.topic();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'x' }] });
    await transaction.commit();
    await until('EndTxn', () => events.some(({ payload }) => payload.apiName === 'EndTxn'));
  });

  test('REQUEST_QUEUE_SIZE tells how many wait', async () => {
    const producer = lib.later(lib.kafka().producer());
    const events = record(producer, 'REQUEST_QUEUE_SIZE');
    await producer.connect();
    const topic = await lib.topic();
    const sends = Array.from({ length: 20 }, () => producer.send({ topic, acks: 1, messages: [{ value: 'x' }] }));
    await Promise.all(sends);
    await lib.differs('kafkajs tells of requests that wait to be written, librdkafka of those without an answer', {
      kafkajs: () => {},
      kafka4: async () => {
        const event = await until('an event', () => events[0]);
        expect(event.payload).toEqual({
          broker: expect.any(String),
          clientId: 'conformance',
          queueSize: expect.any(Number),
        });
      },
    });
  });

  test('who begins to listen late hears what comes then', async () => {
    const producer = await lib.open(lib.kafka().producer());
    const topic = await lib.topic();
    await producer.send({ topic, messages: [{ value: 'unheard' }] });
    const events = record(producer, 'REQUEST');
    await producer.send({ topic, messages: [{ value: 'heard' }] });
    await until('a Produce', () => events.some(({ payload }) => payload.apiName === 'Produce'));
    expect(events.filter(({ payload }) => payload.apiName === 'Produce')).toHaveLength(1);
  });
});
