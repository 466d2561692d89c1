// publishBatch and publishTransaction: messages of every kind, in containers of every kind.

import { fingerprint } from '../ledger.mjs';
import { gigantic } from '../values/bytes.mjs';
import { anything, throwingGetter } from '../values/junk.mjs';
import { message } from '../values/messages.mjs';
import { badTopicName } from '../values/text.mjs';
import { thrown } from '../values/thrown.mjs';
import { TOPICS } from '../world.mjs';

const INVALID = 'ERR_KAFKA_INVALID_ARGUMENT';

/** @param {import('../trial.mjs').Trial} t */
export async function publishBatch(t) {
  const { random, world } = t;
  const topic = topicOf(t);
  const list = messagesOf(t, topic.partitions);
  const usable = topic.ok && list.ok;
  const prints = usable ? list.contents.map((content) => fingerprint(topic.value, content)) : [];
  for (const print of prints) world.ledger.give(print, t.index);
  const expected = {
    ok: topic.ok === false || list.ok === false ? false : list.away ? false : usable,
    code:
      topic.ok === false
        ? INVALID
        : list.ok === false
          ? // What the client behind refuses message by message is told in either order.
            list.away && list.code !== INVALID
            ? undefined
            : list.code
          : list.away && list.ok
            ? 'ERR_KAFKA_UNKNOWN_PARTITION'
            : undefined,
    // Some change themselves while they are read.
    given: list.stable === false ? undefined : [list.value],
  };
  const settled = t.call('publishBatch', () => world.producer.publishBatch(topic.value, list.value), expected);
  for (const change of list.after) change();
  if (usable && Array.isArray(list.value) && !Object.isFrozen(list.value) && random.once(5)) list.value.length = 0;
  account(t, await settled, prints, topic.value);
}

/** What the outcome says of each message. */
export function account(t, { value, error }, prints, topic) {
  const { ledger } = t.world;
  if (value !== undefined) {
    ledger.acknowledge(prints);
    checkMetadata(t, value, topic, prints.length);
    return;
  }
  const results = error?.results;
  if (!Array.isArray(results)) return;
  if (results.length !== prints.length && prints.length > 0) {
    t.finding('results that do not fit', `${results.length} results of ${prints.length} messages`);
    return;
  }
  if (prints.length === 0) return;
  results.forEach(({ index, status }, i) => {
    if (index !== i) t.finding('results that do not fit', `index ${index} at ${i}`);
    if (status === 'stored') ledger.acknowledge([prints[i]]);
    else if (status === 'unknown') ledger.doubt([prints[i]]);
  });
}

function checkMetadata(t, list, topic, count) {
  if (!Array.isArray(list)) return t.finding('metadata', `no array but ${typeof list}`);
  if (count === 0 ? list.length !== 0 : list.length < 1)
    t.finding('metadata', `${list.length} entries for ${count} messages`);
  for (const { topicName, partition, offset, baseOffset, errorCode } of list) {
    const fits = topicName === topic && Number.isInteger(partition) && partition >= 0 && errorCode === 0;
    if (!fits || !/^\d+$/.test(offset) || offset !== baseOffset) {
      t.finding('metadata', JSON.stringify({ topicName, partition, offset, baseOffset, errorCode }));
    }
  }
}

/** @param {import('../trial.mjs').Trial} t */
function topicOf(t) {
  const made = t.random.weighted([
    [
      30,
      () => {
        const [value, partitions] = t.random.pick(TOPICS);
        return { value, partitions, ok: true };
      },
    ],
    [2, () => ({ ...badTopicName(t.random), partitions: 1 })],
    [
      1,
      () => {
        const { value, class: name } = anything(t.random);
        return { value, partitions: 1, ok: false, class: `topic: ${name}` };
      },
    ],
  ])();
  if (made.class !== undefined) t.is(made.class);
  return made;
}

/** @param {import('../trial.mjs').Trial} t @param {number} partitions */
function messagesOf(t, partitions, transaction = false) {
  const { random, world } = t;
  if (random.once(25)) {
    const { value, class: name } = anything(random);
    t.is(`messages: ${name}`);
    return {
      value,
      ok: isEmptyArray(value) ? undefined : false,
      contents: [],
      after: [],
      code: undefined,
      away: false,
    };
  }
  if (random.once(60)) return container(t, transaction);
  const hostile = random.once(2);
  const count = random.weighted([
    [1, 0],
    [20, 1],
    [5, random.between(2, 5)],
    [1, random.between(6, 40)],
  ]);
  const large = count === 1 && world.largeLeft > 0;
  const made = Array.from({ length: count }, () =>
    message(random, { partitions, large, hostile: hostile && random.once(count) }),
  );
  for (const { content } of made) world.largeLeft -= content?.value?.length ?? 0;
  t.is(...new Set(made.flatMap(({ classes }) => classes)));
  const oks = made.map(({ ok }) => ok);
  const codes = new Set(made.filter(({ ok }) => ok === false).map(({ code }) => code ?? INVALID));
  return {
    value: wrapped(
      t,
      made.map(({ value }) => value),
    ),
    ok: oks.includes(false) ? false : oks.includes(undefined) ? undefined : true,
    contents: made.map(({ content }) => content),
    after: made.flatMap(({ after }) => after),
    // With several reasons the first counts, and not all are known here.
    code: codes.size === 1 && !codes.has('several') ? [...codes][0] : undefined,
    away: made.some(({ away }) => away),
  };
}

/** Arrays that are no plain arrays. */
function wrapped(t, list) {
  const { random } = t;
  return random.weighted([
    [20, () => list],
    [1, () => Object.freeze(list)],
    [1, () => new Proxy(list, {})],
    [1, () => Object.setPrototypeOf(list, null)],
    [1, () => class extends Array {}.from(list)],
    [1, () => Object.assign(list, { [Symbol.iterator]: null, forEach: null, map: null, length: list.length })],
  ])();
}

/** Arrays that change while they are read, claim a length, have holes. @param {import('../trial.mjs').Trial} t */
function container(t, transaction) {
  const { random, world } = t;
  const refused = (value, name, code) => {
    t.is(name);
    return { value, ok: false, contents: [], after: [], code, away: false };
  };
  const content = { key: null, value: Buffer.from('v'), headers: [] };
  const accepted = (value, name, contents = [content]) => {
    t.is(name);
    return { value, ok: true, contents, after: [], code: undefined, away: false, stable: false };
  };
  const error = thrown(random);
  return random.pick([
    () => refused(new Array(2 ** 32 - 1), 'array of 2^32-1 holes', 'ERR_KAFKA_BATCH_TOO_LARGE'),
    () => refused(new Array(5_000), 'sparse array', INVALID),
    () => refused(Object.assign([{ value: 'v' }], { 2: { value: 'v' } }), 'sparse array', INVALID),
    () => refused(Object.defineProperty([], 0, throwingGetter(random)), 'array with a getter that throws'),
    () =>
      refused(
        new Proxy([{ value: 'v' }], {
          get: () => {
            throw error;
          },
        }),
        'Proxy of an array that throws',
      ),
    () => accepted([], 'empty array', []),
    () => {
      const list = [];
      Object.defineProperty(list, 0, {
        get: () => {
          list.push({ value: Symbol('too late') });
          return { value: 'v' };
        },
        enumerable: true,
        configurable: true,
      });
      return accepted(list, 'array that grows while it is read');
    },
    () => {
      const list = [
        {
          get value() {
            list.length = 0;
            return 'v';
          },
        },
      ];
      return accepted(list, 'array that shrinks while it is read');
    },
    () => {
      // Publishing inside of a publish is refused, the outer one goes on. A transaction is packed apart from the rest.
      const value = `inner ${t.index}`;
      const print = fingerprint('fuzz-one', { key: null, value: Buffer.from(value), headers: [] });
      const expected = transaction ? { ok: true } : { ok: false, code: 'ERR_KAFKA_NESTED_PUBLISH' };
      world.ledger.give(print, t.index);
      const publish = async () => {
        const settled = await t.call(
          'publishBatch',
          () => world.producer.publishBatch('fuzz-one', [{ value }]),
          expected,
        );
        if (settled.value !== undefined) world.ledger.acknowledge([print]);
      };
      const inner = {
        value: 'v',
        get key() {
          publish();
          return null;
        },
      };
      return accepted([inner], 'getter that publishes');
    },
    () => {
      if (!random.once(20)) return accepted([{ value: 'v' }], 'plain');
      try {
        return refused([{ value: gigantic(random).value }], 'gigantic buffer', 'ERR_KAFKA_BATCH_TOO_LARGE');
      } catch {
        return accepted([], 'empty array', []);
      }
    },
  ])();
}

function isEmptyArray(value) {
  try {
    return Array.isArray(value) || Object.getPrototypeOf(value) === Array.prototype;
  } catch {
    return false;
  }
}

/** @param {import('../trial.mjs').Trial} t */
export async function publishTransaction(t) {
  const { random, world } = t;
  if (random.once(6)) {
    const { value, class: name } = anything(random);
    t.is(`records: ${name}`);
    await t.call('publishTransaction', () => world.producer.publishTransaction(value), {
      ok: isEmptyArray(value) ? undefined : false,
    });
    return;
  }
  const records = [];
  const prints = [];
  let ok = /** @type {boolean | undefined} */ (true);
  let stable = true;
  for (let i = random.between(0, 3); i > 0; i--) {
    if (random.once(15)) {
      records.push(anything(random).value);
      ok = false;
      continue;
    }
    const topic = topicOf(t);
    const list = messagesOf(t, topic.partitions, true);
    records.push({ topic: topic.value, messages: list.value });
    if (list.stable === false) stable = false;
    if (topic.ok === false || list.ok === false || list.away) ok = false;
    else if (list.ok === undefined) ok = ok === false ? false : undefined;
    else prints.push(...list.contents.map((content) => fingerprint(topic.value, content)));
  }
  for (const print of prints) world.ledger.give(print, t.index);
  // What an aborted transaction wrote is there for readers of the embedded broker.
  if (ok !== true) world.ledger.doubt(prints);
  const { value } = await t.call('publishTransaction', () => world.producer.publishTransaction(records), {
    ok,
    // Some change themselves while they are read.
    given: random.once(2) && stable ? [records] : undefined,
  });
  if (value === undefined) return;
  if (ok === true) world.ledger.acknowledge(prints);
  if (value.length !== records.length) t.finding('metadata', `${value.length} results of ${records.length} records`);
}
