// `new Kafka(config)` and what clients tell before any broker is asked.

import type * as kafkajs from 'kafkajs';
import type { KafkaConfig } from 'kafkajs';
import { both, rejectionOf, shapeOf } from './support/both';

const QUICK = { retries: 0, initialRetryTime: 10 };

both('the configuration of a cluster', (lib) => {
  const connect = (config: Partial<KafkaConfig>): Promise<any> => {
    const kafka = new lib.exports.Kafka({
      logLevel: lib.exports.logLevel.NOTHING,
      retry: QUICK,
      ...config,
    } as KafkaConfig);
    return rejectionOf(lib.later(kafka.producer()).connect());
  };

  test('the constructor wants an object', () => {
    expect(() => new (lib.exports.Kafka as any)()).toThrow(TypeError);
  });

  test('a client behind a Proxy, and one that is a copy, work as the client itself', () => {
    const kafka = new lib.exports.Kafka({ brokers: ['a:1'], logLevel: lib.exports.logLevel.NOTHING });
    const proxy = new Proxy(kafka, {});
    const copy = Object.assign(Object.create(lib.exports.Kafka.prototype), kafka) as kafkajs.Kafka;
    for (const one of [proxy, copy, Object.create(kafka) as kafkajs.Kafka]) {
      expect(one).toBeInstanceOf(lib.exports.Kafka);
      expect(one.producer({ retry: QUICK }).events.CONNECT).toBe('producer.connect');
      expect(one.admin().events.CONNECT).toBe('admin.connect');
      expect(one.logger().info).toEqual(expect.any(Function));
    }
  });

  test('brokers are looked at with the connect, not before', () => {
    expect(() => new lib.exports.Kafka({} as KafkaConfig).producer({ retry: QUICK })).not.toThrow();
  });

  test.each([
    ['missing', undefined, 'Failed to connect: brokers should not be null'],
    ['null', null, 'Failed to connect: brokers should not be null'],
    ['empty', [], 'Failed to connect: brokers array is empty'],
    ['with a hole', ['localhost:1', ''], 'Failed to connect: broker at index 1 is invalid "string"'],
    ['with an object', [{}], 'Failed to connect: broker at index 0 is invalid "object"'],
    ['with a number', [9092], 'Failed to connect: broker at index 0 is invalid "number"'],
  ])('brokers that are %s', async (_, brokers, message) => {
    const error = await connect({ brokers: brokers as unknown as string[] });
    expect(error).toBeInstanceOf(lib.exports.KafkaJSNonRetriableError);
    expect(shapeOf(error)).toMatchObject({ name: 'KafkaJSNonRetriableError', message, retriable: false });
  });

  test.each([
    ['empty', () => [], 'Failed to connect: brokers array is empty'],
    ['undefined', () => undefined, 'Failed to connect: brokers should not be null'],
    ['wrong, later', async () => [''], 'Failed to connect: broker at index 0 is invalid "string"'],
  ])('a function whose brokers are %s', async (_, brokers, message) => {
    const error = await connect({ brokers: brokers as () => string[] });
    expect(shapeOf(error)).toMatchObject({ name: 'KafkaJSNonRetriableError', message });
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['rejects', () => Promise.reject(new Error('oops'))],
  ])('a function of brokers that %s', async (_, brokers) => {
    const error = await connect({ brokers: brokers as kafkajs.BrokersFunction });
    expect(error).toBeInstanceOf(lib.exports.KafkaJSConnectionError);
    expect(shapeOf(error)).toMatchObject({
      name: 'KafkaJSConnectionError',
      message: 'Failed to connect: "config.brokers" threw: oops',
    });
    expect(error.stack).toContain('Caused by: Error: oops');
  });

  test.each(['localhost:abc', 'localhost:99999', 'kafka://localhost:1', 'PLAINTEXT://localhost:1'])(
    'the address %p',
    async (address) => {
      const error = await connect({ brokers: [address] });
      await lib.differs('kafkajs tries to connect, again and again', {
        kafkajs: () => expect(error.message).toMatch(/^Failed to connect: Port should be >= 0 and < 65536/),
        kafka4: () =>
          expect(shapeOf(error)).toMatchObject({
            name: 'KafkaJSNonRetriableError',
            message: `brokers: "${address}" cannot be used: it must be a list of "host:port"`,
          }),
      });
    },
  );

  test.each([
    [{ requestTimeout: NaN }],
    [{ connectionTimeout: NaN }],
    [{ connectionTimeout: '500' as never }],
    [{ requestTimeout: 0 }],
  ])('%p: a connect fails for its own reason', async (config) => {
    const error = await connect({ brokers: ['127.0.0.1:1'], ...config });
    expect(error.name).toBe('KafkaJSNumberOfRetriesExceeded');
    expect(error.cause.name).toBe('KafkaJSConnectionError');
  });

  test('nobody listens: the attempts are used up, the cause tells what happened', async () => {
    const error = await connect({ brokers: ['127.0.0.1:1'] });
    expect(error).toBeInstanceOf(lib.exports.KafkaJSNumberOfRetriesExceeded);
    expect(error.name).toBe('KafkaJSNumberOfRetriesExceeded');
    expect(error.retriable).toBe(false);
    expect(error.retryCount).toBe(0);
    expect(error.cause).toBeInstanceOf(lib.exports.KafkaJSConnectionError);
    expect(error.cause).toMatchObject({ name: 'KafkaJSConnectionError', broker: '127.0.0.1:1', code: 'ECONNREFUSED' });
    expect(error.message).toMatch(/^Connection error: /);
  });

  test('a connect that failed can be made again', async () => {
    const kafka = new lib.exports.Kafka({
      brokers: ['127.0.0.1:1'],
      logLevel: lib.exports.logLevel.NOTHING,
      retry: QUICK,
    });
    const producer = lib.later(kafka.producer());
    await rejectionOf(producer.connect());
    expect(await rejectionOf(producer.connect())).toBeInstanceOf(lib.exports.KafkaJSNumberOfRetriesExceeded);
  });
});

both('what a producer tells before it connects', (lib) => {
  const kafka = (): any =>
    new lib.exports.Kafka({ brokers: ['localhost:1'], logLevel: lib.exports.logLevel.NOTHING, retry: QUICK });

  test('events have the names of KafkaJS', () => {
    expect(kafka().producer().events).toEqual({
      CONNECT: 'producer.connect',
      DISCONNECT: 'producer.disconnect',
      REQUEST: 'producer.network.request',
      REQUEST_TIMEOUT: 'producer.network.request_timeout',
      REQUEST_QUEUE_SIZE: 'producer.network.request_queue_size',
    });
  });

  test('on wants one of them', () => {
    expect(() =>
      kafka()
        .producer()
        .on('nope', () => {}),
    ).toThrow(
      'Event name should be one of producer.events.CONNECT, producer.events.DISCONNECT, producer.events.REQUEST, ' +
        'producer.events.REQUEST_TIMEOUT, producer.events.REQUEST_QUEUE_SIZE',
    );
  });

  test('isIdempotent', () => {
    expect(kafka().producer().isIdempotent()).toBe(false);
    expect(
      kafka()
        .producer({ idempotent: true, retry: { retries: 5 } })
        .isIdempotent(),
    ).toBe(true);
  });

  test('an idempotent producer must be allowed to try again', () => {
    expect(() => kafka().producer({ idempotent: true, retry: { retries: 0 } })).toThrow(
      'Idempotent producer must allow retries to protect against transient errors',
    );
  });

  test('the methods are there, and need no this', async () => {
    const { send, sendBatch, connect, disconnect, transaction, on, logger, isIdempotent } = kafka().producer();
    for (const method of [send, sendBatch, connect, disconnect, transaction, on, logger, isIdempotent]) {
      expect(typeof method).toBe('function');
    }
    expect((await rejectionOf(send({ topic: 't', messages: [{ value: '1' }] }))).message).toBe(
      'The producer is disconnected',
    );
    expect(isIdempotent()).toBe(false);
  });

  test('a transaction wants a transactional id', async () => {
    const error = await rejectionOf(kafka().producer().transaction());
    expect(shapeOf(error)).toMatchObject({
      name: 'KafkaJSNonRetriableError',
      message: 'Must provide transactional id for transactional producer',
    });
  });
});

describe('kafka4: what librdkafka cannot do is said at once', () => {
  const { Kafka, KafkaJSNotImplemented } = jest.requireActual('@/lib/index') as any;
  const make = (config: object): unknown => new Kafka({ brokers: ['localhost:1'], logLevel: 0, ...config });

  test.each([
    ['a socketFactory', { socketFactory: () => {} }, /socketFactory/],
    ['the mechanism aws', { sasl: { mechanism: 'aws' } }, /oauthbearer/],
    ['an unknown mechanism', { sasl: { mechanism: 'gssapi' } }, /plain, scram-sha-256/],
    [
      'a mechanism of the application',
      { sasl: { mechanism: 'own', authenticationProvider: () => {} } },
      /authenticationProvider/,
    ],
  ])('%s', (_, config, message) => {
    expect(() => make(config)).toThrow(KafkaJSNotImplemented);
    expect(() => make(config)).toThrow(message);
  });

  test('options of TLS that cannot be passed on', async () => {
    const kafka = make({ ssl: { checkServerIdentity: () => undefined }, retry: QUICK }) as any;
    const error = await rejectionOf(kafka.producer().connect());
    expect(error).toBeInstanceOf(KafkaJSNotImplemented);
    expect(error.message).toContain('ssl.checkServerIdentity');
  });

  test('reauthenticationThreshold has no effect, which is said', () => {
    const entries: any[] = [];
    make({ reauthenticationThreshold: 1, logLevel: 4, logCreator: () => (entry: any) => entries.push(entry) });
    expect(entries.map(({ log }) => log.message)).toEqual([expect.stringContaining('reauthenticationThreshold')]);
  });
});
