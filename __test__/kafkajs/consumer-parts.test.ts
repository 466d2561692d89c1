// The parts of the consumer that need no broker.

import {
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNotImplemented,
  KafkaJSNumberOfRetriesExceeded,
} from '@/lib/index';
import { KafkaProtocolError } from '@/lib/kafka/errors';
import { Slab } from '@/lib/kafka/message';
import { offsetOf, offsetsToCommit, seekTarget, topicChoices } from '@/lib/kafkajs/consumer/arguments';
import { ConsumedBatch } from '@/lib/kafkajs/consumer/batch';
import { originOf, restarts } from '@/lib/kafkajs/consumer/crash';
import { Failures, isRebalancing } from '@/lib/kafkajs/consumer/failures';
import { groupEvents } from '@/lib/kafkajs/consumer/group';
import { consumedMessage } from '@/lib/kafkajs/consumer/message';
import { Pauses } from '@/lib/kafkajs/consumer/pauses';
import { Slots } from '@/lib/kafkajs/consumer/slots';
import { isRegExp, matching, subscriptionOf } from '@/lib/kafkajs/consumer/subscribe';
import { apiNameOf } from '@/lib/kafkajs/events/api-names';
import { thrown } from '../support/until';

describe('offsets', () => {
  test.each([
    ['0', 0n],
    ['9223372036854775807', 9_223_372_036_854_775_807n],
    [42, 42n],
    [42n, 42n],
    [{ toString: () => '7' }, 7n],
    ['-2', -2n],
  ])('%p', (given, wanted) => {
    expect(offsetOf(given)).toBe(wanted);
  });

  test.each(['', 'x', '1.5', 1.5, '9223372036854775808', undefined, null, {}, Number.NaN, Number.POSITIVE_INFINITY])(
    '%p is none',
    (given) => {
      expect(thrown(() => offsetOf(given)).message).toBe(`Invalid offset, expected a long received ${given}`);
    },
  );

  test('beyond 2^53 they stay exact', () => {
    const [offset] = offsetsToCommit([{ topic: 't', partition: 1, offset: '9007199254740993' }]);
    expect(offset).toEqual({ topic: 't', partition: 1, offset: '9007199254740993', metadata: null });
  });

  test('the ends of a partition can be sought', () => {
    expect(seekTarget({ topic: 't', partition: 0, offset: '-1' }).offset).toBe(-1);
    expect(seekTarget({ topic: 't', partition: '3', offset: -2 })).toEqual({ topic: 't', partition: 3, offset: -2 });
  });
});

describe('pauses', () => {
  test('by topic, with exceptions', () => {
    const pauses = new Pauses();
    pauses.pause([{ topic: 'a' }]);
    expect([pauses.has('a', 0), pauses.has('a', 9), pauses.has('b', 0)]).toEqual([true, true, false]);
    pauses.resume([{ topic: 'a', partitions: [9] }]);
    expect([pauses.has('a', 0), pauses.has('a', 9)]).toEqual([true, false]);
    pauses.resume([{ topic: 'a' }]);
    expect(pauses.has('a', 0)).toBe(false);
  });

  test('naming partitions ends the pause of the whole topic', () => {
    const pauses = new Pauses();
    pauses.pause([{ topic: 'a' }]);
    pauses.pause([{ topic: 'a', partitions: [1] }]);
    expect([pauses.has('a', 0), pauses.has('a', 1)]).toEqual([false, true]);
  });

  test('no list is nothing to do', () => {
    expect(topicChoices(undefined, 'pause')).toEqual([]);
  });
});

describe('failures', () => {
  const retry = { initialRetryTime: 100, factor: 0, multiplier: 2, maxRetryTime: 300, retries: 3 };

  test('waits grow to a bound, then the retries are over', () => {
    const failures = new Failures(retry);
    const error = new Error('broken');
    expect([1, 2, 3].map(() => failures.next(error))).toEqual([{ retryMs: 100 }, { retryMs: 200 }, { retryMs: 300 }]);
    const { crash } = failures.next(error) as { crash: KafkaJSNumberOfRetriesExceeded };
    expect(crash).toBeInstanceOf(KafkaJSNumberOfRetriesExceeded);
    expect([crash.message, crash.retryCount, crash.retryTime, crash.cause]).toEqual(['broken', 3, 300, error]);
  });

  test('they vary by the factor', () => {
    const verdict = new Failures({ ...retry, factor: 0.5 }).next(new Error('broken')) as { retryMs: number };
    expect(verdict.retryMs).toBeGreaterThanOrEqual(50);
    expect(verdict.retryMs).toBeLessThanOrEqual(150);
  });

  test('progress begins anew', () => {
    const failures = new Failures({ ...retry, retries: 1 });
    failures.next(new Error('one'));
    failures.over();
    expect(failures.next(new Error('two'))).toEqual({ retryMs: 100 });
  });

  test.each([new TypeError('x'), new RangeError('x'), new ReferenceError('x'), new SyntaxError('x')])(
    'a defect of the program is not tried again: %p',
    (error) => {
      const { crash } = new Failures(retry).next(error) as { crash: Error };
      expect(crash).toBeInstanceOf(KafkaJSNonRetriableError);
      expect(crash).toMatchObject({ message: 'x', cause: error, retriable: false });
    },
  );

  test('the cause is KafkaJS’s: what the core told is none', () => {
    const core = new KafkaProtocolError('ERR_KAFKA_MSG_SIZE_TOO_LARGE', 'too large');
    const error = new KafkaJSError('too large', { retriable: false, cause: core });
    expect((new Failures(retry).next(error) as { crash: Error }).crash.cause).toBe(error);
    const deep = new KafkaJSError('used up', { retriable: false, cause: error });
    expect((new Failures(retry).next(deep) as { crash: Error }).crash.cause).toBe(error);
    expect(originOf(new KafkaJSNonRetriableError(error, { cause: error }))).toBe(error);
    const foreign = Object.assign(new Error('mine'), { retriable: false, cause: core });
    expect((new Failures(retry).next(foreign) as { crash: Error }).crash.cause).toBe(core);
  });

  test('what is no error has the message that it carries', () => {
    const thrown = { message: 'hi', retriable: false };
    expect(new Failures(retry).next(thrown)).toMatchObject({ crash: { message: 'hi', cause: thrown } });
    const { crash } = new Failures({ ...retry, retries: 0 }).next('text') as { crash: Error };
    expect(crash.message).toBe('text');
  });

  test('what was not implemented passes as it is', () => {
    const error = new KafkaJSNotImplemented('not here');
    expect(new Failures(retry).next(error)).toEqual({ crash: error });
  });

  test.each([undefined, null, 'text', 7, Object.create(null), Symbol('s')])('anything can be thrown: %p', (value) => {
    expect(new Failures({ ...retry, factor: 0 }).next(value)).toEqual({ retryMs: 100 });
    expect(isRebalancing(value)).toBe(false);
  });

  test('a rebalance is told by the type of the error', () => {
    expect(isRebalancing({ type: 'REBALANCE_IN_PROGRESS' })).toBe(true);
    expect(isRebalancing(new Error('REBALANCE_IN_PROGRESS'))).toBe(false);
  });
});

describe('restarts', () => {
  const never = () => {
    throw new Error('nothing is to be told');
  };

  test('what can be retried is begun again', async () => {
    const used_up = new KafkaJSNumberOfRetriesExceeded(new Error('x'), { retryCount: 1, retryTime: 1 });
    expect(await restarts(used_up, undefined, never)).toBe(true);
    const wrapped = new KafkaJSNonRetriableError('x', { cause: new KafkaJSError('deep', { retriable: true }) });
    expect(originOf(wrapped).message).toBe('deep');
    expect(await restarts(wrapped, undefined, never)).toBe(true);
  });

  test('what cannot is not, and nobody is asked', async () => {
    expect(await restarts(new KafkaJSNonRetriableError('x'), async () => true, never)).toBe(false);
    expect(await restarts(new TypeError('x'), async () => true, never)).toBe(false);
  });

  test('the application decides; what it throws means yes', async () => {
    const error = new KafkaJSError('x', { retriable: true });
    expect(await restarts(error, async () => false, never)).toBe(false);
    expect(await restarts(error, (async () => {}) as never, never)).toBeUndefined();
    const told: unknown[] = [];
    const throws = () => Promise.reject(new Error('cannot say'));
    expect(await restarts(error, throws, (message, cause) => told.push(message, cause))).toBe(true);
    expect(told[1]).toBe('cannot say');
  });
});

describe('slots', () => {
  test('so many at once, the others in order', async () => {
    const slots = new Slots(2);
    const order: number[] = [];
    const work = async (id: number) => {
      await slots.enter();
      order.push(id);
    };
    const all = Promise.all([1, 2, 3, 4].map(work));
    await Promise.resolve();
    expect(order).toEqual([1, 2]);
    slots.leave();
    await Promise.resolve();
    expect(order).toEqual([1, 2, 3]);
    slots.leave();
    await all;
    expect(order).toEqual([1, 2, 3, 4]);
    expect(slots.tryEnter()).toBe(false);
    slots.leave();
    expect(slots.tryEnter()).toBe(true);
  });
});

describe('subscriptions', () => {
  test('a flag g or y of an expression plays no part', () => {
    const pattern = /^a/g;
    pattern.lastIndex = 1;
    expect(matching(pattern, ['a1', 'b', 'a2', 'a3'])).toEqual(['a1', 'a2', 'a3']);
    expect(matching(/^A/iy, ['a1', 'a2'])).toEqual(['a1', 'a2']);
    expect(pattern.lastIndex).toBe(1);
  });

  test('an expression of another realm is one', () => {
    const foreign = require('node:vm').runInNewContext('/x/') as RegExp;
    expect([isRegExp(foreign), isRegExp('/x/'), isRegExp({})]).toEqual([true, false, false]);
  });

  test('fromBeginning is false where nothing is said', () => {
    expect(subscriptionOf({ topic: 't' })).toEqual({ topics: ['t'], fromBeginning: false });
    expect(subscriptionOf({ topics: [] })).toEqual({ topics: [], fromBeginning: false });
  });
});

describe('messages', () => {
  /** Two messages, `k` and `v0`, then no key, no value; the second with the broker's time. */
  function slabOf(): Slab {
    const buffer = new ArrayBuffer(2 * 40 + 3);
    new Float64Array(buffer, 0, 4).set([7, 1000, 9, 2000]);
    new Int32Array(buffer, 32, 12).set([80, 1, 2, 0, 1, 0, 83, -1, -1, 0, 1, 1]);
    Buffer.from(buffer).write('kv0', 80);
    return new Slab(buffer, 2);
  }

  test('are plain, with Node’s own Buffers', () => {
    const message = consumedMessage(slabOf(), 0);
    expect(message).toStrictEqual({
      key: Buffer.from('k'),
      value: Buffer.from('v0'),
      offset: '7',
      timestamp: '1000',
      attributes: 0,
      headers: {},
    });
    expect(Object.getPrototypeOf(message.value)).toBe(Buffer.prototype);
    expect(message.value?.subarray(1).toString()).toBe('0');
    expect(JSON.parse(JSON.stringify(message)).offset).toBe('7');
    expect(structuredClone(message).timestamp).toBe('1000');
  });

  test('have null where there is none, and tell of the broker’s time', () => {
    const { key, value, attributes, timestamp } = consumedMessage(slabOf(), 1);
    expect([key, value, attributes, timestamp]).toEqual([null, null, 8, '2000']);
  });

  test('make a batch', () => {
    const batch = new ConsumedBatch('t', 3, 20, { slab: slabOf(), from: 0, to: 2 });
    expect([batch.firstOffset(), batch.lastOffset(), batch.offsetLag(), batch.offsetLagLow()]).toEqual([
      '7',
      '9',
      '10',
      '12',
    ]);
    expect(new ConsumedBatch('t', 3, -1, { slab: slabOf(), from: 0, to: 2 }).highWatermark).toBe('10');
  });

  test('make a batch that stays where it is, whatever becomes of its list', () => {
    const batch = new ConsumedBatch('t', 3, 20, { slab: slabOf(), from: 0, to: 2 });
    // Also through a Proxy.
    const told = () => [batch, new Proxy(batch, {})].map((b) => [b.firstOffset(), b.lastOffset(), b.offsetLag()]);
    const before = told();
    batch.messages.reverse();
    expect(told()).toEqual(before);
    expect(batch.isEmpty()).toBe(false);
    batch.messages.length = 0;
    expect(told()).toEqual(before);
    expect(batch.isEmpty()).toBe(true);
  });
});

test('requests have KafkaJS’s names', () => {
  expect([apiNameOf(1), apiNameOf(10), apiNameOf(12), apiNameOf(9999)]).toEqual([
    'Fetch',
    'GroupCoordinator',
    'Heartbeat',
    'ApiKey9999',
  ]);
});

test('heartbeats that the coordinator answers before the join is told are not told', () => {
  const told: unknown[] = [];
  let identity = { memberId: '', generationId: -1 };
  const host = { groupId: 'g', emitter: { emit: (...event: unknown[]) => told.push(event) }, identity: () => identity };
  const { heartbeat } = groupEvents(host as never);
  heartbeat();
  identity = { memberId: 'm', generationId: 1 };
  heartbeat();
  expect(told).toEqual([['consumer.heartbeat', { groupId: 'g', memberId: 'm', groupGenerationId: 1 }]]);
});
