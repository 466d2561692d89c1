// Messages, alone and in arrays, as callers write them on a bad day: with what must be stored for each, or that it must
// be refused.

import { goodPart, part } from './bytes.mjs';
import { anything, junk, throwingGetter } from './junk.mjs';
import { text, utf8 } from './text.mjs';

/**
 * @typedef {object} Made
 * @property {any} value
 * @property {boolean | undefined} ok
 * @property {string} [code]
 * @property {import('../ledger.mjs').Content} [content]
 * @property {string[]} classes
 * @property {(() => void)[]} after
 * @property {boolean} [away]  a partition that does not exist: refused by the client behind, alone
 */

const good = (value, list, ...classes) => ({ value, ok: true, list, classes, after: [] });
const bad = (value, ...classes) => ({ value, ok: false, classes, after: [] });

const NOT_HEADERS = [
  () => [['a', 'b']],
  () => [],
  () => new Map([['a', 'b']]),
  () => new Set(),
  () => new Date(),
  () => new String('ab'),
  () => Buffer.from('ab'),
  () => new ArrayBuffer(2),
  () => 'a=b',
  () => 5,
  () => true,
  () => Symbol('h'),
  () => 5n,
  () => () => {},
];

/** @param {import('../random.mjs').Random} random */
function headers(random) {
  if (random.once(8)) return bad(random.pick(NOT_HEADERS)(), 'headers of a wrong type');
  const object = random.once(3) ? Object.create(null) : {};
  /** @type {Map<string, any>} */
  const entries = new Map();
  const count = random.once(400) ? 10_000 : random.between(0, 5);
  const classes = count > 1_000 ? ['10,000 headers'] : [];
  const after = [];
  for (let i = 0; i < count; i++) {
    const name = headerName(random, count > 1_000 ? i : -1);
    const [value, list, fits] = headerValue(random, count > 1_000, classes, after);
    // librdkafka gives names to readers as C strings; a header that is not there has no name.
    const usable = fits && !(name.includes('\0') && list.length > 0);
    // The last of a name is what stays.
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
    entries.set(name, { list, usable });
  }
  let ok = [...entries.values()].every(({ usable }) => usable);
  if (random.once(30)) {
    Object.defineProperty(object, 'boom', throwingGetter(random));
    classes.push('header getter that throws');
    ok = false;
  }
  if (random.once(10)) object[Symbol('ignored')] = 'symbols are no names';
  if (ok === false) return { value: object, ok, classes, after };
  const ordered = Object.keys(object).flatMap((name) =>
    entries.get(name).list.map((bytes) => [utf8(name).toString(), bytes]),
  );
  return { ...good(object, ordered, ...classes), after };
}

function headerName(random, i) {
  if (i >= 0) return `h${i}`;
  return random.weighted([
    [6, () => `name-${random.below(4)}`],
    [1, () => ''],
    [1, () => '__proto__'],
    [1, () => 'constructor'],
    [1, () => String(random.below(3))],
    [2, () => String(text(random).value)],
  ])();
}

/** Value, bytes that must be stored for it (several repeat the name), and whether it can be used. */
function headerValue(random, plain, classes, after) {
  if (plain) return ['v', [Buffer.from('v')], true];
  return random.weighted([
    [8, () => one(random, classes, after)],
    [1, () => [undefined, [], true]],
    [1, () => [null, [null], true]],
    [
      2,
      () => {
        const parts = Array.from({ length: random.below(4) }, () => one(random, classes, after));
        classes.push('header that repeats its name');
        return [parts.map(([value]) => value), parts.flatMap(([, list]) => list), parts.every(([, , ok]) => ok)];
      },
    ],
    [
      1,
      () => {
        classes.push('nested array in a header');
        return [[['nested']], [], false];
      },
    ],
  ])();
}

function one(random, classes, after) {
  const made = random.once(12) ? part(random) : goodPart(random);
  classes.push(`header: ${made.class}`);
  // An array repeats the name, wherever it comes from.
  if (!made.ok) return [made.value, [], isEmptyArray(made.value)];
  if (made.after) after.push(made.after);
  return [made.value, [made.bytes], true];
}

/** An array without elements is a header that is not there. */
function isEmptyArray(value) {
  try {
    return Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype && value.length === 0;
  } catch {
    return false;
  }
}

/** @param {import('../random.mjs').Random} random @param {number} partitions */
function partitionOf(random, partitions) {
  return random.weighted([
    [20, () => ({ value: undefined, ok: true })],
    [2, () => ({ value: null, ok: true })],
    [10, () => ({ value: random.below(partitions), ok: true })],
    [1, () => ({ value: -0, ok: true, class: 'partition -0' })],
    [
      1,
      () => ({
        value: random.between(partitions, 2 ** 31 - 1),
        ok: true,
        away: true,
        class: 'partition that does not exist',
      }),
    ],
    [
      2,
      () => ({
        value: random.pick([Number.NaN, -1, -5, 2 ** 31, 2 ** 32, 1.5, Infinity, '0', 0n]),
        ok: false,
        class: 'partition',
      }),
    ],
    [1, () => ({ ...junkNumber(random), class: 'partition of a wrong type' })],
  ])();
}

function timestampOf(random) {
  return random.weighted([
    [20, () => ({ value: undefined, ok: true })],
    [2, () => ({ value: null, ok: true })],
    [4, () => ({ value: String(random.between(1, 2 ** 31)), ok: true })],
    [1, () => ({ value: Date.now(), ok: true })],
    [1, () => ({ value: '253402300799999', ok: true })],
    [
      3,
      () => ({
        value: random.pick([
          '',
          '0',
          '-1',
          '1.5',
          'abc',
          '1e3',
          ' 1',
          '9007199254740993',
          0,
          -1,
          Number.NaN,
          2 ** 63,
          5n,
        ]),
        ok: false,
        class: 'timestamp',
      }),
    ],
    [1, () => ({ ...junkNumber(random), class: 'timestamp of a wrong type' })],
  ])();
}

/** Junk that is no number: some of those can be used. */
function junkNumber(random) {
  for (;;) {
    const { value } = junk(random);
    if (typeof value !== 'number') return { value, ok: false };
  }
}

/**
 * @param {import('../random.mjs').Random} random
 * @param {{ partitions: number, large: boolean, hostile: boolean }} options
 * @returns {Made}
 */
export function message(random, { partitions, large, hostile }) {
  if (hostile && random.once(10)) {
    const { value, class: name } = anything(random);
    return { value, ok: looksUsable(value) ? undefined : false, classes: [`message: ${name}`], after: [] };
  }
  const parts = {
    key: random.weighted([
      [3, () => undefined],
      [1, () => ({ value: null, ok: true, bytes: null, class: 'null key' })],
      [6, () => (hostile ? part(random) : goodPart(random))],
    ])(),
    value: random.weighted([
      [1, () => ({ value: null, ok: true, bytes: null, class: 'tombstone' })],
      [hostile ? 1 : 0, () => ({ value: undefined, ok: false, class: 'no value' })],
      [20, () => (hostile ? part(random, { large }) : goodPart(random))],
    ])(),
    partition: partitionOf(random, partitions),
    headers: random.once(2) ? headers(random) : undefined,
    timestamp: timestampOf(random),
  };
  if (!hostile) {
    for (const name of ['partition', 'timestamp']) if (!parts[name].ok || parts[name].away) parts[name] = undefined;
    if (parts.headers?.ok !== true) parts.headers = undefined;
  }
  const present = Object.entries(parts).filter(([, each]) => each !== undefined);
  const made = shaped(random, present, hostile);
  for (const [, each] of present) {
    made.classes.push(...(each.classes ?? (each.class ? [each.class] : [])));
    made.after.push(...(Array.isArray(each.after) ? each.after : each.after ? [each.after] : []));
    if (each.away) made.away = true;
    if (!each.ok) {
      made.ok = false;
      if (each.code) made.code = made.code === undefined ? each.code : 'several';
      else made.code = 'several';
    }
  }
  if (made.ok) {
    made.content = {
      key: parts.key?.bytes ?? null,
      value: parts.value?.bytes ?? null,
      headers: /** @type {any} */ (parts.headers)?.list ?? [],
    };
  }
  return made;
}

/** An object of another kind with properties of those names: nobody can say. */
function looksUsable(value) {
  return value === globalThis;
}

/** The same properties in another kind of object. @returns {Made} */
function shaped(random, present, hostile) {
  const plain = () => Object.fromEntries(present.map(([name, { value }]) => [name, value]));
  const made = (value, name) => ({ value, ok: true, classes: name ? [name] : [], after: [] });
  return random.weighted([
    [12, () => made(plain())],
    [1, () => made(Object.assign(Object.create(null), plain()), 'object without a prototype')],
    [1, () => made(Object.freeze(plain()), 'frozen message')],
    [1, () => made(Object.create(plain()), 'inherited properties')],
    [1, () => made(new Proxy(plain(), {}), 'Proxy of a message')],
    [1, () => made(Object.assign(plain(), { junk: Symbol('x'), toJSON: 5, offset: '7' }), 'unknown properties')],
    [
      1,
      () => {
        const object = {};
        for (const [name, { value }] of present)
          Object.defineProperty(object, name, { get: () => value, enumerable: true });
        return made(object, 'getters');
      },
    ],
    [
      hostile ? 1 : 0,
      () => {
        const object = plain();
        const name = random.pick(['key', 'value', 'partition', 'headers', 'timestamp']);
        Object.defineProperty(object, name, throwingGetter(random));
        return { value: object, ok: false, code: 'several', classes: ['getter that throws'], after: [] };
      },
    ],
  ])();
}
