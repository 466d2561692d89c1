// Batches: large ones, and those of which something cannot be sent.

import {
  KafkaPublishError,
  KafkaStateError,
  KafkaValidationError,
  type Message,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { readBack, valuesOf } from '../support/read-back';
import { newTopic } from '../support/topics';
import { rejection } from '../support/until';

useEmbeddedBroker();

/** The number of messages of a topic with one partition. */
async function stored(topic: string): Promise<number> {
  const [metadata] = await producer.publishBatch(topic, [{ value: 'marker' }]);
  return Number(metadata?.baseOffset);
}

test('100,000 messages in one call are stored once each, in order', async () => {
  const topic = await newTopic(6);
  const messages = Array.from({ length: 100_000 }, (_, i) => ({ key: `k${i % 100}`, value: `${i}` }));
  const metadata = await producer.publishBatch(topic, messages);
  expect(metadata.map(({ partition, baseOffset }) => `${partition}@${baseOffset}`).sort()).toEqual(
    [0, 1, 2, 3, 4, 5].map((partition) => `${partition}@0`),
  );
  const byKey = new Map<string, number[]>();
  for (const { key, value } of await readBack(topic, messages.length)) {
    byKey.set(key!, [...(byKey.get(key!) ?? []), Number(value)]);
  }
  expect(byKey.size).toBe(100);
  for (const [key, values] of byKey) {
    const first = Number(key.slice(1));
    expect(values).toEqual(Array.from({ length: 1_000 }, (_, n) => first + n * 100));
  }
});

describe('one bad message: told by its index, nothing is sent', () => {
  const bad: [string, unknown, RegExp][] = [
    ['no value', { key: 'k' }, /has no value/],
    ['a number', { value: 7 }, /value must be/],
    ['null', null, /must be an object/],
    ['a hole', undefined, /must be an object/],
    ['a bad partition', { value: 'v', partition: -1 }, /partition must be/],
    ['a bad timestamp', { value: 'v', timestamp: 'soon' }, /timestamp must be/],
    ['a bad header', { value: 'v', headers: { h: 1 } }, /header 'h'/],
  ];

  test.each(bad)('%s', async (_, message, reason) => {
    const topic = await newTopic();
    for (const index of [0, 3]) {
      const messages = Array.from({ length: 5 }, () => ({ value: 'fine' })) as unknown[];
      messages[index] = message;
      const error = await rejection(producer.publishBatch(topic, messages as Message[]));
      expect(error).toBeInstanceOf(KafkaValidationError);
      expect(error).toMatchObject({ code: 'ERR_KAFKA_INVALID_ARGUMENT', retriable: false, details: { index } });
      expect(error.message).toMatch(reason);
      expect(error.message).toContain(`message ${index} for ${topic}`);
    }
    expect(await stored(topic)).toBe(0);
  });

  test('publishes around it in the same tick are not touched', async () => {
    const topic = await newTopic();
    const before = producer.publishBatch(topic, [{ value: 'before' }]);
    const broken = producer.publishBatch(topic, [{ value: 'lost' }, { value: 1n as any }]);
    const after = producer.publishBatch(topic, [{ value: 'after' }]);
    await expect(broken).rejects.toMatchObject({ details: { index: 1 } });
    await Promise.all([before, after]);
    expect(valuesOf(await readBack(topic, 2))).toEqual(['before', 'after']);
  });
});

describe('what is no array of messages', () => {
  const junk = [undefined, null, {}, 'text', 7, new Set(), new Map(), { length: 2 ** 32 - 1 }, new Uint8Array(2)];
  test.each(junk)('%p', async (messages) => {
    const topic = await newTopic();
    const error = await rejection(producer.publishBatch(topic, messages as any));
    expect(error).toBeInstanceOf(KafkaValidationError);
    expect(error.message).toMatch(/messages must be an array/);
  });

  test.each([2 ** 32 - 1, 1_000])('an array of %p holes', async (length) => {
    const error = await rejection(producer.publishBatch(await newTopic(), new Array(length)));
    expect(error).toBeInstanceOf(KafkaValidationError);
  });

  test('a Proxy that claims 2^53 messages', async () => {
    const claims = new Proxy([] as Message[], {
      get: (target, name) => (name === 'length' ? 2 ** 53 - 1 : (Reflect.get(target, name) ?? { value: null })),
    });
    const error = await rejection(producer.publishBatch(await newTopic(), claims));
    expect(error).toBeInstanceOf(KafkaValidationError);
    expect(error.code).toBe('ERR_KAFKA_BATCH_TOO_LARGE');
  });
});

describe('hostile objects', () => {
  const fail = (): never => {
    throw new Error('not today');
  };
  const revoked = Proxy.revocable({ value: 'v' }, {});
  const revokedArray = Proxy.revocable([], {});
  revoked.revoke();
  revokedArray.revoke();
  const noText = (): never => {
    throw Object.create(null);
  };

  test.each<[string, any]>([
    [
      'a getter that throws',
      [
        { value: 'v' },
        {
          get value() {
            return fail();
          },
        },
      ],
    ],
    [
      'a getter that throws what has no text',
      [
        { value: 'v' },
        {
          get value() {
            return noText();
          },
        },
      ],
    ],
    [
      'a getter of a header that throws',
      [
        { value: 'v' },
        {
          value: 'v',
          headers: {
            get h() {
              return fail();
            },
          },
        },
      ],
    ],
    ['a Proxy whose traps throw', [{ value: 'v' }, new Proxy({}, { get: fail })]],
    ['headers that cannot be listed', [{ value: 'v' }, { value: 'v', headers: new Proxy({}, { ownKeys: fail }) }]],
    ['a revoked Proxy', [{ value: 'v' }, revoked.proxy]],
    [
      'a revoked Proxy of a list of header values',
      [{ value: 'v' }, { value: 'v', headers: { h: revokedArray.proxy } }],
    ],
  ])('%s is a typed error with its index', async (_, messages) => {
    const topic = await newTopic();
    const error = await rejection(producer.publishBatch(topic, messages));
    expect(error).toBeInstanceOf(KafkaValidationError);
    expect(error).toMatchObject({ code: 'ERR_KAFKA_INVALID_ARGUMENT', details: { index: 1 } });
    expect(error).toHaveProperty('cause');
    expect(await stored(topic)).toBe(0);
  });

  test('a revoked Proxy in place of the array', async () => {
    const error = await rejection(producer.publishBatch(await newTopic(), revokedArray.proxy as Message[]));
    expect(error).toBeInstanceOf(KafkaValidationError);
  });

  test('an array that grows while it is read ends', async () => {
    const topic = await newTopic();
    const messages: Message[] = [];
    const grow = () =>
      messages.push({
        get value() {
          grow();
          return 'v';
        },
      } as Message);
    grow();
    await producer.publishBatch(topic, messages);
    expect(await stored(topic)).toBe(1);
  });

  test('an array that shrinks while it is read is refused as a whole', async () => {
    const topic = await newTopic();
    const messages: any[] = [
      {
        get value() {
          messages.length = 1;
          return 'v';
        },
      },
      { value: 'gone' },
    ];
    await expect(producer.publishBatch(topic, messages)).rejects.toMatchObject({ details: { index: 1 } });
    expect(await stored(topic)).toBe(0);
  });

  test('a getter that publishes is refused, and disturbs nothing', async () => {
    const topic = await newTopic();
    const inner: Promise<unknown>[] = [];
    const nested = () => {
      inner.push(producer.publishBatch(topic, [{ value: 'inner' }]));
      return 'outer';
    };
    const messages = [
      { value: 'a' },
      {
        get value() {
          return nested();
        },
        headers: {
          get h() {
            return nested();
          },
        },
      },
    ];
    const outer = producer.publishBatch(topic, messages as any);
    for (const each of inner) expect(await rejection(each)).toBeInstanceOf(KafkaStateError);
    await outer;
    const [first, second] = await readBack(topic, 2);
    expect(valuesOf([first!, second!])).toEqual(['a', 'outer']);
    expect(second?.headers).toEqual([['h', Buffer.from('outer')]]);
    expect(await stored(topic)).toBe(2);
  });

  test('a getter that disconnects: what was published is stored', async () => {
    const topic = await newTopic();
    let gone: Promise<void> | undefined;
    const messages = [
      { value: 'a' },
      {
        get value() {
          gone ??= producer.disconnect();
          return 'b';
        },
      },
    ];
    await producer.publishBatch(topic, messages as Message[]);
    await gone;
    expect(valuesOf(await readBack(topic, 2))).toEqual(['a', 'b']);
  });
});

describe('what is too large for the client', () => {
  const big = Buffer.alloc(2 * 1024 * 1024, 1);

  test('2 MiB with the defaults: told for this message, the others are stored', async () => {
    const topic = await newTopic();
    const error = await rejection(producer.publishBatch(topic, [{ value: 'a' }, { value: big }, { value: 'c' }]));
    expect(error).toBeInstanceOf(KafkaPublishError);
    expect(error).toMatchObject({ code: 'ERR_KAFKA_MSG_SIZE_TOO_LARGE', retriable: false, fatal: false });
    expect(error.results.map(({ index, status, error: reason }: any) => [index, status, reason?.code])).toEqual([
      [0, 'stored', undefined],
      [1, 'notStored', 'ERR_KAFKA_MSG_SIZE_TOO_LARGE'],
      [2, 'stored', undefined],
    ]);
    expect(error.failures).toEqual([error.results[1]]);
    expect(error.details).toMatchObject({
      topic,
      failed: 1,
      stored: [{ topicName: topic, partition: 0, baseOffset: '0' }],
    });
    expect(valuesOf(await readBack(topic, 2))).toEqual(['a', 'c']);
  });

  test('by key and by headers as well', async () => {
    const topic = await newTopic();
    for (const message of [
      { key: big, value: 'v' },
      { value: 'v', headers: { big } },
    ]) {
      const error = await rejection(producer.publishBatch(topic, [message]));
      expect(error).toBeInstanceOf(KafkaPublishError);
      expect(error.code).toBe('ERR_KAFKA_MSG_SIZE_TOO_LARGE');
    }
    expect(await stored(topic)).toBe(0);
  });

  test('an event', async () => {
    const error = await rejection(producer.publishUserEvent('e', 'u', { big: 'x'.repeat(big.length) }));
    expect(error).toBeInstanceOf(KafkaPublishError);
    expect(error.results).toMatchObject([{ index: 0, status: 'notStored' }]);
  });
});

// Nothing else runs while such a loop does: what waits crosses within it, and what was acknowledged is taken within it.
test('30,000 publishes in one loop that awaits none are stored once each, in order', async () => {
  const topic = await newTopic(1);
  const sends = Array.from({ length: 30_000 }, (_, i) =>
    producer.publishBatch(topic, i % 10 === 0 ? [{ value: `${i}` }, { value: 'x'.repeat(100) }] : [{ value: `${i}` }]),
  );
  const results = await Promise.all(sends);
  const told = results.findIndex(([metadata], i) => Number(metadata?.baseOffset) !== i + Math.ceil(i / 10));
  expect(told).toBe(-1);
  const values = (await readBack(topic, 33_000)).map(({ value }) => String(value)).filter((text) => text[0] !== 'x');
  expect(values.length).toBe(30_000);
  expect(values.findIndex((value, i) => value !== `${i}`)).toBe(-1);
});
