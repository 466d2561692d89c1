// The admin client: connect, disconnect, events, logger, what it does before and after.

import type { InstrumentationEvent } from 'kafkajs';
import * as kafka4 from '@/lib/index';
import { until } from '../support/until';
import { both, type Exports, Library, rejectionOf } from './support/both';

both('admin client', (lib) => {
  test('CONNECT and DISCONNECT', async () => {
    const admin = lib.kafka().admin();
    const events: InstrumentationEvent<unknown>[] = [];
    admin.on(admin.events.CONNECT, (event) => events.push(event));
    admin.on(admin.events.DISCONNECT, (event) => events.push(event));
    await admin.connect();
    expect(events).toEqual([
      { id: expect.any(Number), type: 'admin.connect', timestamp: expect.any(Number), payload: undefined },
    ]);
    await admin.disconnect();
    expect(events.map(({ type }) => type)).toEqual(['admin.connect', 'admin.disconnect']);
  });

  test('the function that `on` returns ends it', async () => {
    const admin = lib.kafka().admin();
    const heard: string[] = [];
    const end = admin.on(admin.events.CONNECT, () => heard.push('first'));
    admin.on(admin.events.CONNECT, () => heard.push('second'));
    end();
    await lib.open(admin);
    expect(heard).toEqual(['second']);
  });

  test('a listener that throws disturbs nothing', async () => {
    const lines: string[] = [];
    const logCreator = () => (entry: { log: { message: string } }) => lines.push(entry.log.message);
    const admin = lib.kafka({ logLevel: lib.exports.logLevel.ERROR, logCreator }).admin();
    admin.on(admin.events.CONNECT, () => {
      throw new Error('mine');
    });
    const connecting = lib.open(admin);
    await lib.differs('what a listener throws does not fail the call', {
      kafkajs: async () => expect((await rejectionOf(connecting)).message).toBe('mine'),
      kafka4: async () => {
        await connecting;
        await until('the log', () => lines.length > 0);
        expect(lines).toEqual(['Failed to execute listener: mine']);
      },
    });
    expect(await admin.listTopics()).toEqual(expect.any(Array));
  });

  test('what a listener rejects with is logged', async () => {
    const lines: string[] = [];
    const logCreator = () => (entry: { log: { message: string } }) => lines.push(entry.log.message);
    const admin = lib.kafka({ logLevel: lib.exports.logLevel.ERROR, logCreator }).admin();
    admin.on(admin.events.CONNECT, async () => {
      throw new Error('mine');
    });
    await lib.open(admin);
    await until('the log', () => lines.length > 0);
    expect(lines).toEqual(['Failed to execute listener: mine']);
  });

  test('a call before connect connects by itself', async () => {
    const admin = lib.later(lib.kafka().admin());
    expect(await admin.listTopics()).toEqual(expect.any(Array));
  });

  test('disconnect without a connect, and twice', async () => {
    const admin = lib.kafka().admin();
    await admin.disconnect();
    await admin.disconnect();
  });

  test('two clients beside one another', async () => {
    const kafka = lib.kafka();
    const [first, second] = [await lib.open(kafka.admin()), kafka.admin()];
    await second.connect();
    await second.disconnect();
    expect(await first.listTopics()).toEqual(expect.any(Array));
  });

  test('nobody listens there', async () => {
    const retry = { retries: 1, initialRetryTime: 10 };
    const admin = lib.later(lib.kafka({ brokers: ['127.0.0.1:1'], retry }).admin());
    const error = await rejectionOf(admin.connect());
    expect(error).toBeInstanceOf(lib.exports.KafkaJSNumberOfRetriesExceeded);
    expect(error.cause).toBeInstanceOf(lib.exports.KafkaJSConnectionError);
    expect(error.retriable).toBe(false);
  });

  test('REQUEST tells each request', async () => {
    const admin = lib.kafka().admin();
    const names = new Set<string>();
    const payloads: Record<string, unknown>[] = [];
    admin.on(admin.events.REQUEST, ({ payload }) => {
      names.add(payload.apiName);
      payloads.push(payload);
    });
    await lib.open(admin);
    await admin.listTopics();
    await until('a request of metadata', () => names.has('Metadata'));
    for (const payload of payloads) {
      expect(payload).toMatchObject({
        apiKey: expect.any(Number),
        apiName: expect.any(String),
        apiVersion: expect.any(Number),
        broker: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        clientId: 'conformance',
        correlationId: expect.any(Number),
        createdAt: expect.any(Number),
        duration: expect.any(Number),
        pendingDuration: expect.any(Number),
        sentAt: expect.any(Number),
        size: expect.any(Number),
      });
    }
  });

  test('logger() is a logger with the namespace Admin', async () => {
    const entries: { namespace: string }[] = [];
    const logCreator = () => (entry: { namespace: string }) => entries.push(entry);
    const admin = lib.kafka({ logLevel: lib.exports.logLevel.INFO, logCreator }).admin();
    admin.logger().info('mine', { more: 1 });
    expect(entries.at(-1)).toMatchObject({ namespace: 'Admin', label: 'INFO', log: { message: 'mine', more: 1 } });
    expect(Object.keys(admin.logger()).sort()).toEqual(
      ['debug', 'error', 'info', 'namespace', 'setLogLevel', 'warn'].sort(),
    );
  });
});

// What KafkaJS does here is not steady: a KafkaJSConnectionError, a KafkaJSConnectionClosedError, a TypeError, or the timeout
// of the request, and now and then a rejection that nobody handles.
describe('kafka4: the end of an admin client', () => {
  const lib = new Library('kafka4', kafka4 as unknown as Exports);
  afterEach(() => lib.closeAll());

  test('a call after disconnect is refused, until connect is called again', async () => {
    const admin = lib.kafka().admin();
    await admin.connect();
    await admin.disconnect();
    const error = await rejectionOf(admin.listTopics());
    expect(error).toBeInstanceOf(kafka4.KafkaJSConnectionClosedError);
    expect([error.name, error.message, error.retriable]).toEqual([
      'KafkaJSConnectionClosedError',
      'Closed connection',
      true,
    ]);
    await lib.open(admin);
    expect(await admin.listTopics()).toEqual(expect.any(Array));
  });

  test('disconnect ends the calls that run', async () => {
    const admin = lib.kafka().admin();
    await admin.connect();
    const calls = Array.from({ length: 20 }, () => admin.describeCluster().then(String, (error) => error.name));
    await admin.disconnect();
    const outcomes = new Set(await Promise.all(calls));
    outcomes.delete('[object Object]');
    expect([...outcomes].filter((name) => name !== 'KafkaJSConnectionClosedError')).toEqual([]);
  });

  test('disconnect ends a connect that nobody answers', async () => {
    const admin = lib.kafka({ brokers: ['127.0.0.1:1'], retry: { retries: 100 } }).admin();
    const connecting = admin.connect().then(String, (error) => error.name);
    await admin.disconnect();
    expect(await connecting).toBe('KafkaJSConnectionClosedError');
  });
});
