// Handlers that do what no handler should.

import { kafkaConsumerService as consumers, type Kafka4Event, kafkaProducerService as producer } from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { keep, newTopic, numbered, sequence, texts } from '../support/topics';
import { until } from '../support/until';

useEmbeddedBroker({ KAFKA_RETRY_ATTEMPTS: '1' });

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const hostile = Object.create(Error.prototype, {
  name: {
    get() {
      throw new Error('name');
    },
  },
});

/** Like a promise in nothing but its `then`. */
function thenable(then: unknown, on: object = {}): unknown {
  return Object.defineProperty(on, 'then', { value: then });
}

function raise(what: unknown): never {
  throw what;
}

type Settle = (value?: unknown) => void;

const throwers: [string, () => unknown, string][] = [
  ['throws an Error', () => raise(new TypeError('x')), 'TypeError: x'],
  ['throws undefined', () => raise(undefined), 'undefined: undefined'],
  ['throws null', () => raise(null), 'object: null'],
  ['throws a string', () => raise('text'), 'string: text'],
  ['throws an object without prototype', () => raise(Object.create(null)), 'unknown: '],
  ['throws a symbol', () => raise(Symbol('s')), 'symbol: Symbol(s)'],
  ['throws an error whose name throws', () => raise(hostile), 'unknown: '],
  ['throws a revoked proxy', () => raise(revoked.proxy), 'unknown: '],
  ['rejects', () => Promise.reject(new Error('later')), 'Error: later'],
  ['rejects with undefined', () => Promise.reject(), 'undefined: undefined'],
  ['gives a thenable that rejects', () => thenable((_: Settle, no: Settle) => no(new Error('no'))), 'Error: no'],
  ['gives a thenable whose then throws', () => thenable(() => raise(new Error('then'))), 'Error: then'],
  [
    'gives an object whose then throws when it is read',
    () => Object.defineProperty({}, 'then', { get: () => raise(new Error('read')) }),
    'Error: read',
  ],
  [
    'gives a function with a then that rejects',
    () =>
      thenable(
        (_: Settle, no: Settle) => no(new Error('fn')),
        () => {},
      ),
    'Error: fn',
  ],
];

test.each(throwers)(
  'a handler that %s has failed: the message becomes a dead letter, the next one is handled',
  async (_, run, told) => {
    const topic = await newTopic();
    const failures: Extract<Kafka4Event, { type: 'handlerFailed' }>[] = [];
    const off = consumers.on('handlerFailed', (event) => failures.push(event));
    const letters = consumers.on('deadLettered', () => {});
    const handled: string[] = [];
    consumers.registerHandler(topic, ({ message }) => {
      if (message.offset === '0') return run() as Promise<void>;
      handled.push(message.text()!);
    });
    await producer.publishBatch(topic, numbered(2));
    await consumers.startConsumer(topic);
    await until('the next message', () => handled.length === 1);
    expect(failures).toEqual([
      expect.objectContaining({ topic, offset: 0, attempt: 1, error: expect.stringContaining(told) }),
    ]);
    const dead = keep(`${topic}.dlq`);
    await consumers.startConsumer(`${topic}.dlq`);
    await until('the dead letter', () => dead.length === 1);
    expect(texts(dead)).toEqual(['0']);
    off();
    letters();
  },
);

const returners: [string, (payload?: object) => unknown][] = [
  ['gives a number', () => 7],
  ['gives an object with a then that is no function', () => thenable('no function')],
  [
    'gives a thenable that settles twice',
    () => thenable((yes: Settle, no: Settle) => [yes(), yes(), no(new Error('late'))]),
  ],
  ['gives a thenable that settles and throws', () => thenable((yes: Settle) => [yes(), raise(new Error('late'))])],
  ['freezes its payload', (payload) => Object.freeze(payload)],
];

test.each(returners)('a handler that %s has succeeded', async (_, run) => {
  const topic = await newTopic();
  const failures: unknown[] = [];
  const off = consumers.on('handlerFailed', (event) => failures.push(event));
  const handled: string[] = [];
  consumers.registerHandler(topic, (payload) => {
    handled.push(payload.message.text()!);
    return run(payload) as Promise<void>;
  });
  await producer.publishBatch(topic, numbered(20));
  await consumers.startConsumer(topic);
  await until('all messages', () => handled.length >= 20);
  expect(handled).toEqual(sequence(20));
  expect(failures).toEqual([]);
  off();
});
