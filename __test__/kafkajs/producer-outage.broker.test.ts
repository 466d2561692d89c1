// Brokers that go away and come back.

import { endOffsets } from '../support/kafkajs-reader';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { until } from '../support/until';
import { both, rejectionOf } from './support/both';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({ topics: [{ name: 'outage', partitions: 1 }] });
});
afterAll(() => broker?.stop());

const FEW = { retries: 2, initialRetryTime: 100 };

both('an outage', (lib) => {
  beforeEach(async () => {
    if (!broker.running) await broker.restart();
  });

  const open = () =>
    lib.open(lib.kafka({ brokers: [broker.brokers], requestTimeout: 2_000, retry: FEW }).producer({ retry: FEW }));

  test('a send is given up when the attempts are used up, and works again when the broker is back', async () => {
    const producer = await open();
    await producer.send({ topic: 'outage', messages: [{ value: 'before' }] });
    await broker.shutdown();
    const error = await rejectionOf(producer.send({ topic: 'outage', messages: [{ value: 'during' }] }));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSNonRetriableError);
    await lib.differs(
      'kafkajs gives up by the attempts of one of several nested retries, librdkafka by the time of them',
      {
        kafkajs: () => expect(error.cause).toBeInstanceOf(lib.exports.KafkaJSError),
        kafka4: () => {
          expect(error).toBeInstanceOf(lib.exports.KafkaJSNumberOfRetriesExceeded);
          expect(error.retryCount).toBe(2);
          expect(error.cause).toBeInstanceOf(lib.exports.KafkaJSRequestTimeoutError);
        },
      },
    );
    await broker.restart();
    await until('a send that works', () =>
      producer.send({ topic: 'outage', messages: [{ value: 'after' }] }).then(
        () => true,
        () => false,
      ),
    );
  });

  test('REQUEST_TIMEOUT is told of a request that a broker lets wait', async () => {
    const producer = await open();
    await producer.send({ topic: 'outage', messages: [{ value: 'before' }] });
    const events: { type: string; payload: any }[] = [];
    producer.on(producer.events.REQUEST_TIMEOUT, (event) => events.push(event));
    broker.freeze();
    try {
      const sending = producer.send({ topic: 'outage', messages: [{ value: 'during' }] }).catch((error) => error);
      await until('the event', () => events.length > 0);
      expect(events[0]).toMatchObject({ type: 'producer.network.request_timeout' });
      expect(events[0]?.payload).toEqual({
        broker: expect.stringMatching(/:\d+$/),
        clientId: 'conformance',
        correlationId: expect.any(Number),
        createdAt: expect.any(Number),
        sentAt: expect.any(Number),
        pendingDuration: expect.any(Number),
        apiName: expect.any(String),
        apiKey: expect.any(Number),
        apiVersion: expect.any(Number),
      });
      expect(await sending).toBeInstanceOf(Error);
    } finally {
      broker.thaw();
    }
  });

  test('a disconnect while no broker is there ends', async () => {
    const producer = await open();
    await producer.send({ topic: 'outage', messages: [{ value: 'x' }] });
    await broker.shutdown();
    const sending = producer.send({ topic: 'outage', messages: [{ value: 'y' }] }).catch((error) => error);
    await producer.disconnect();
    expect(await sending).toBeInstanceOf(Error);
  });

  test('a connect while no broker is there, then one when it is back', async () => {
    await broker.shutdown();
    const producer = lib.later(lib.kafka({ brokers: [broker.brokers], retry: FEW }).producer({ retry: FEW }));
    expect(await rejectionOf(producer.connect())).toBeInstanceOf(lib.exports.KafkaJSNumberOfRetriesExceeded);
    await broker.restart();
    await producer.connect();
    const before = (await endOffsets('outage', broker.brokers))[0] as number;
    await producer.send({ topic: 'outage', messages: [{ value: 'x' }] });
    expect(await endOffsets('outage', broker.brokers)).toEqual([before + 1]);
  });
});

test('kafka4: a transaction outlives a broker that restarts', async () => {
  const { Kafka } = jest.requireActual('@/lib/index') as typeof import('@/lib/index');
  if (!broker.running) await broker.restart();
  const kafka = new Kafka({ brokers: [broker.brokers], logLevel: 0 });
  const producer = kafka.producer({ transactionalId: `outage-${process.pid}` });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    await transaction.send({ topic: 'outage', messages: [{ value: 'first' }] });
    await broker.restart();
    await transaction.send({ topic: 'outage', messages: [{ value: 'second' }] });
    await transaction.commit();
    expect(transaction.isActive()).toBe(false);
  } finally {
    await producer.disconnect();
  }
});
