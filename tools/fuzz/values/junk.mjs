// Values of a wrong type, and objects that bite. Nothing here is a string, a Uint8Array or a useful plain object.

import { REVOKED, throwingProxy, thrown } from './thrown.mjs';

class Odd {
  #hidden = 1;
  get value() {
    return this.#hidden;
  }
}

const TYPES = [
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => Number.NEGATIVE_INFINITY,
  () => -0,
  () => 0,
  () => 1,
  () => 1.5,
  () => -5,
  () => 2 ** 31,
  () => 2 ** 32 + 1,
  () => Number.MAX_SAFE_INTEGER,
  () => 5e-324,
  () => true,
  () => false,
  () => 7n,
  () => 9007199254740993n,
  () => Symbol('junk'),
  () => Symbol.iterator,
  () => () => 'called',
  () => async () => {},
  () => class Junk {},
  () => new Date(0),
  () => new Date(Number.NaN),
  () => new Map([['a', 1]]),
  () => new Set(['a']),
  () => new WeakMap(),
  () => new String('boxed'),
  () => new Number(1),
  () => new Odd(),
  () => /regexp/g,
  () => Promise.resolve('a promise'),
  () => new Error('as a value'),
  () => Object.create(null),
  () => globalThis,
  () => process.stdout.write,
];

const HOSTILE = [
  () => REVOKED,
  () => throwingProxy(),
  () => throwingProxy([]),
  () => throwingProxy(() => {}),
  () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
  () => {
    const { proxy, revoke } = Proxy.revocable(() => {}, {});
    revoke();
    return proxy;
  },
  (random) => ({
    toString() {
      throw thrown(random);
    },
    valueOf() {
      throw thrown(random);
    },
  }),
  (random) => ({
    [Symbol.toPrimitive]() {
      throw thrown(random);
    },
  }),
  () => ({
    get [Symbol.toStringTag]() {
      throw new Error('tag');
    },
  }),
  () => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is wanted
    get then() {
      throw new Error('then');
    },
  }),
  () => Object.create(throwingProxy()),
  () => new Proxy(Buffer.from('proxied'), {}),
  () => Object.create(Uint8Array.prototype),
  () => Object.create(Array.prototype),
];

const CLAIMS = [
  () => ({ length: 2 ** 32 - 1 }),
  () => ({ length: 2 ** 31, 0: 'a' }),
  () => ({ byteLength: 2 ** 32, length: 2 ** 32, buffer: null }),
  () => new Proxy([], { get: (array, name) => (name === 'length' ? 2 ** 53 - 1 : array[name]) }),
];

/** @param {import('../random.mjs').Random} random @returns {{ value: unknown, class: string }} */
export function junk(random) {
  return random.weighted([
    [12, () => ({ value: random.pick(TYPES)(), class: 'wrong type' })],
    [6, () => ({ value: random.pick(HOSTILE)(random), class: 'hostile object' })],
    [2, () => ({ value: random.pick(CLAIMS)(), class: 'size claim' })],
  ])();
}

/** With null and undefined among them. @param {import('../random.mjs').Random} random */
export function anything(random) {
  if (random.once(6)) return { value: random.pick([null, undefined]), class: 'null or undefined' };
  return junk(random);
}

/** A property whose reading throws. */
export function throwingGetter(random) {
  const error = thrown(random);
  return {
    get() {
      throw error;
    },
    enumerable: true,
    configurable: true,
  };
}
