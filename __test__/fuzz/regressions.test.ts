// What the fuzzer has found, one by one: each was a hang, a crash of the caller, or an error that nobody had documented.

import {
  checkKafkaHealth,
  declaredTopics,
  declareTopics,
  installSignalHandlers,
  Kafka4Error,
  KafkaConfig,
  KafkaConfigError,
  KafkaConsumerService,
  KafkaSerializationError,
  kafkaAdminService,
  kafkaConfig,
  kafkaConsumerService,
  kafkaProducerService,
  setTraceparentProvider,
} from '@/lib/kafka';
import { Context } from '@/lib/kafka/context';
import { useEmbeddedBroker } from '../support/broker';
import { runScript } from '../support/child';
import { newTopic } from '../support/topics';
import { rejection, thrown, unique, until } from '../support/until';

useEmbeddedBroker();

const INVALID = { code: 'ERR_KAFKA_INVALID_ARGUMENT' };

const revoked = (target: object): any => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};

const wild = () => {
  throw new Error('looking at it throws');
};

/** Things that can be thrown and hurt whoever looks at them. */
const THROWN: [string, () => unknown][] = [
  ['a revoked Proxy', () => revoked({})],
  ['an error whose message is a symbol', () => Object.assign(new Error('x'), { message: Symbol('message') })],
  ['an error whose message throws', () => Object.defineProperty(new Error('x'), 'message', { get: wild })],
  ['an object without a prototype', () => Object.create(null)],
  ['an object whose text throws', () => ({ toString: wild })],
  ['a Proxy of which every trap throws', () => new Proxy({}, { has: wild, get: wild, getPrototypeOf: wild })],
  ['undefined', () => undefined],
];

const throwing = (what: unknown) => ({
  get value(): string {
    throw what;
  },
});

describe.each(THROWN)('a getter throws %s', (_, make) => {
  test('publishBatch rejects, with the index', async () => {
    const error = await rejection(kafkaProducerService.publishBatch('any-topic', [{ value: 'v' }, throwing(make())]));
    expect(error).toMatchObject({ ...INVALID, details: { index: 1 } });
    expect(error).toBeInstanceOf(Kafka4Error);
  });

  test('publishTransaction and publishUserEvent reject', async () => {
    const record = { topic: 'any-topic', messages: [throwing(make())] };
    expect(await rejection(kafkaProducerService.publishTransaction([record]))).toMatchObject(INVALID);
    const error = await rejection(kafkaProducerService.publishUserEvent('e', 'u', { a: throwing(make()) }));
    expect(error).toBeInstanceOf(KafkaSerializationError);
    expect(error).toMatchObject({ details: { path: 'data.a.value' } });
  });

  test('instanceof can be asked', () => {
    expect(make() instanceof Kafka4Error).toBe(false);
  });
});

test('a frozen error of kafka4 that a getter throws comes through', async () => {
  const own = Object.freeze(new KafkaSerializationError('ERR_KAFKA_DESERIALIZATION', 'of another message', {}));
  Object.freeze(own.details);
  expect(await rejection(kafkaProducerService.publishBatch('any-topic', [throwing(own) as any]))).toBe(own);
});

test('data that are made anew at each reading are refused, and soon', async () => {
  const endless = (): object => ({
    get left() {
      return endless();
    },
    get right() {
      return endless();
    },
  });
  const error = await rejection(kafkaProducerService.publishUserEvent('e', 'u', endless()));
  expect(error).toBeInstanceOf(KafkaSerializationError);
});

/** Has no elements, and claims to have 2^53-1. */
const claims = (): any =>
  new Proxy([] as unknown[], { get: (list, name) => (name === 'length' ? 2 ** 53 - 1 : Reflect.get(list, name)) });

test('arrays that only claim their length are refused at once', async () => {
  const headers = { many: claims() };
  expect(await rejection(kafkaProducerService.publishBatch('any-topic', [{ value: 'v', headers }]))).toMatchObject(
    INVALID,
  );
  expect(await rejection(kafkaAdminService.createTopics(claims()))).toMatchObject(INVALID);
  expect(await rejection(kafkaAdminService.describeTopics(claims()))).toMatchObject(INVALID);
  expect(await rejection(kafkaAdminService.deleteTopics(claims()))).toMatchObject(INVALID);
  expect(thrown(() => installSignalHandlers({ signals: claims() }))).toMatchObject(INVALID);
  expect(
    thrown(() => {
      kafkaConfig.brokers = claims();
    }),
  ).toBeInstanceOf(KafkaConfigError);
});

test('100,000 headers can be sent, one more is refused', async () => {
  const topic = await newTopic();
  const headers = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`${i}`, '']));
  const wire = { value: 'v', headers };
  // What the broker says to a message of that size is another matter.
  const error = await kafkaProducerService.publishBatch(topic, [wire]).catch((reason) => reason);
  expect(error).not.toMatchObject(INVALID);
  headers.more = '';
  expect(await rejection(kafkaProducerService.publishBatch(topic, [wire]))).toMatchObject(INVALID);
});

test('a header name with a NUL, which would come back cut, is refused', async () => {
  const message = { value: 'v', headers: { 'name\0of another': 'x' } };
  expect(await rejection(kafkaProducerService.publishBatch('any-topic', [message]))).toMatchObject(INVALID);
});

describe('KafkaAdminService', () => {
  test('what bites is refused', async () => {
    for (const junk of [revoked([]), [null], [undefined], [5], [throwing(1)], new Array(2), [{}]] as any[]) {
      expect(await rejection(kafkaAdminService.createTopics(junk))).toMatchObject(INVALID);
    }
    const lying = Object.assign(['a', 5], { every: () => true });
    for (const junk of [revoked([]), new Array(2), lying, 'name', {}] as any[]) {
      expect(await rejection(kafkaAdminService.describeTopics(junk))).toMatchObject(INVALID);
      expect(await rejection(kafkaAdminService.deleteTopics(junk))).toMatchObject(INVALID);
    }
  });

  test('a number of partitions beyond 32 bits is refused and not cut', async () => {
    const topic = { name: unique('wrapped'), partitions: 2 ** 32 + 1, retentionMs: 1000 };
    expect(await rejection(kafkaAdminService.createTopics([topic]))).toMatchObject(INVALID);
    expect(await kafkaAdminService.listTopics()).not.toContain(topic.name);
  });

  test('what is checked is what is created', async () => {
    let reads = 0;
    const topic = {
      name: unique('twice'),
      retentionMs: 1000,
      get partitions(): number {
        reads += 1;
        return reads === 1 ? 1 : (Symbol('later') as any);
      },
    };
    expect(await kafkaAdminService.createTopics([topic])).toMatchObject([{ created: true }]);
    expect(reads).toBe(1);
  });
});

test('declarations are read before the first of them counts', () => {
  const before = declaredTopics();
  const declarations = { [unique('first')]: { partitions: 1 } };
  Object.defineProperty(declarations, 'second', { get: wild, enumerable: true });
  expect(thrown(() => declareTopics(declarations))).toMatchObject(INVALID);
  expect(thrown(() => declareTopics(revoked({})))).toMatchObject(INVALID);
  expect(thrown(() => declareTopics({ [unique('first')]: {}, bad: { partitions: -1 } }))).toMatchObject(INVALID);
  expect(declaredTopics()).toEqual(before);
});

describe('kafkaConfig', () => {
  test('objects that bite are refused', () => {
    for (const junk of [revoked({}), revoked([]), new Proxy({}, { ownKeys: wild }), throwing(revoked({}))] as any[]) {
      expect(
        thrown(() => {
          kafkaConfig.librdkafka = junk;
        }),
      ).toBeInstanceOf(KafkaConfigError);
      expect(
        thrown(() => {
          kafkaConfig.brokers = junk;
        }),
      ).toBeInstanceOf(KafkaConfigError);
    }
  });

  test('properties are read once: what is shown is what is used', () => {
    let reads = 0;
    const properties = {
      get 'client.rack'() {
        reads += 1;
        return `read ${reads}`;
      },
    };
    const context = new Context({});
    const config = new KafkaConfig(() => context);
    config.librdkafka = properties;
    expect(config.librdkafka).toEqual({ 'client.rack': 'read 1' });
    expect(reads).toBe(1);
  });

  test('a property named __proto__ is refused like any that does not exist', () => {
    const error = thrown(() => {
      kafkaConfig.librdkafka = JSON.parse('{"__proto__":"x"}');
    });
    expect(error).toBeInstanceOf(KafkaConfigError);
  });
});

describe('handlers and policies', () => {
  test('options and policies that bite are refused', () => {
    const topic = unique('options');
    const biting = Object.defineProperty({}, 'retry', { get: wild });
    for (const junk of [null, 5, revoked({}), biting, { retry: 5 }, { retry: revoked({}) }, { retry: [] }] as any[]) {
      expect(thrown(() => kafkaConsumerService.registerHandler(topic, () => {}, junk))).toMatchObject(INVALID);
    }
    for (const junk of [null, [], revoked({}), throwing(1), new Proxy({}, { ownKeys: wild })] as any[]) {
      expect(thrown(() => kafkaConsumerService.setRetryPolicy(topic, junk))).toMatchObject(INVALID);
    }
  });

  test('a policy is read once', () => {
    let reads = 0;
    const policy = {
      get attempts(): number {
        reads += 1;
        return reads === 1 ? 3 : ('later' as any);
      },
    };
    kafkaConsumerService.setRetryPolicy(unique('policy'), policy);
    expect(reads).toBe(1);
  });

  test('resolveOffset throws a typed error for what is no offset', async () => {
    const topic = await newTopic();
    const consumer = new KafkaConsumerService();
    const errors: unknown[] = [];
    consumer.registerBatchHandler(topic, ({ resolveOffset }) => {
      for (const junk of [{ toString: wild }, Symbol('s'), null, revoked({}), '-1', '1.5', -1, Number.NaN] as any[]) {
        errors.push(thrown(() => resolveOffset(junk)));
      }
    });
    await consumer.startConsumer(topic, unique('group'));
    await kafkaProducerService.publishBatch(topic, [{ value: 'v' }]);
    await until('the batch', () => errors.length > 0);
    await consumer.stopAllConsumers();
    expect(errors).toHaveLength(8);
    for (const error of errors) expect(error).toMatchObject(INVALID);
  });
});

test('listeners of what never comes, and those that cannot be called, are refused', () => {
  expect(thrown(() => kafkaProducerService.on('no such event' as any, () => {}))).toMatchObject(INVALID);
  expect(thrown(() => kafkaProducerService.on('toString' as any, () => {}))).toMatchObject(INVALID);
  expect(thrown(() => kafkaProducerService.on(Symbol('s') as any, () => {}))).toMatchObject(INVALID);
  expect(thrown(() => kafkaConsumerService.on('fatal', 'no function' as any))).toMatchObject(INVALID);
  kafkaConsumerService.on('fatal', () => {})();
});

test('a traceparent provider is a function', () => {
  for (const junk of [null, 5, 'x', {}] as any[])
    expect(thrown(() => setTraceparentProvider(junk))).toMatchObject(INVALID);
  setTraceparentProvider(() => undefined);
  setTraceparentProvider(undefined);
});

test('signals that cannot be hooked are refused, and none is hooked then', () => {
  const before = process.listenerCount('SIGTERM');
  const junk = [null, 5, { signals: 5 }, { signals: ['SIGTERM', 'SIGKILL'] }, { signals: ['SIGTERM', 'exit'] }];
  for (const options of [...junk, { signals: ['SIGTERM', Symbol('s')] }, { exit: 5 }, revoked({})] as any[]) {
    expect(thrown(() => installSignalHandlers(options))).toMatchObject(INVALID);
  }
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

test.each([
  ['rejects with what has no text', 'Promise.reject(Object.create(null))'],
  ['rejects with an error without a text', 'Promise.reject(Object.assign(new Error(), { message: Symbol() }))'],
  ['throws undefined', '(() => { throw undefined; })()'],
  ['gives nothing', 'undefined'],
  ['gives a token that is no text', '({ value: Symbol() })'],
  ['gives a principal that is no text', '({ value: "a.b.c", principal: Symbol("p") })'],
])('a token provider that %s does not end the process', async (_, provided) => {
  const result = await runScript(
    `import { kafkaConfig, kafkaProducerService } from 'kafka4';
     kafkaConfig.oauthBearerProvider = () => ${provided};
     await kafkaProducerService.connect().catch((error) => console.log(error.code));`,
    {
      env: {
        KAFKA_BROKER: '127.0.0.1:1',
        KAFKA_TIMEOUT: '500',
        KAFKA_LOG_LEVEL: '0',
        KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
        KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
      },
    },
  );
  expect(result).toMatchObject({ code: 0, signal: null, hung: false, stderr: '' });
  expect(result.stdout).toMatch(/^ERR_KAFKA_\w+\n$/);
});

test('after all of that the client is well', async () => {
  expect(await checkKafkaHealth()).toBe(true);
});
