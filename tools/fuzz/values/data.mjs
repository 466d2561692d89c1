// What is given as `data` of an event: everything that JSON.stringify can and cannot do.

import { text } from './text.mjs';
import { thrown } from './thrown.mjs';

const nested = (depth, inner) => {
  let value = inner;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? { a: value } : [value];
  return value;
};

/** A tree without an end, made while it is read. */
const endless = () => ({
  get left() {
    return endless();
  },
  get right() {
    return endless();
  },
});

const GOOD = [
  () => null,
  () => undefined,
  () => 0,
  () => -0,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => true,
  () => '',
  () => 'text',
  () => '\ud800 lone',
  () => '</script>\u2028',
  () => Symbol('data'),
  () => () => {},
  () => [],
  () => Object.assign(new Array(4), [1, undefined, () => {}]),
  () => ({}),
  () => ({ a: undefined, b: () => {}, c: Symbol('c'), [Symbol('d')]: 1 }),
  () => new Date(0),
  () => new Date(Number.NaN),
  () => new Map([[1, 2]]),
  () => new Set([1]),
  () => Buffer.from('bytes'),
  () => new Float64Array([1.5, Number.NaN]),
  () => new String('boxed'),
  () => new Error('as data'),
  () => Object.create(null, { x: { value: 1, enumerable: true } }),
  () => Object.freeze({ a: Object.freeze([1]) }),
  () => JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'),
  () => ({ toJSON: () => ({ instead: 1 }) }),
  () => ({ toJSON: () => undefined }),
  () => ({ toJSON: 'no function' }),
  () => ({ a: { toJSON: (key) => key } }),
  () => new Proxy({ a: 1 }, {}),
  () => nested(500, 1),
  () => ({ 'key\0': 1, '\ud800': 2, '"': 3, '': 4 }),
  () => Object.assign([1, 2], { extra: 1 }),
  () => ({ eventType: 'given' }),
];

/** Each with the place that the error must name, where there is one. */
const BAD = [
  (random) => ({ a: [1, random.pick([1n, 2n ** 100n])] }),
  () => 5n,
  () => Object(5n),
  () => {
    const cycle = { a: {} };
    cycle.a = { back: cycle };
    return cycle;
  },
  () => {
    const cycle = [];
    cycle.push(cycle);
    return cycle;
  },
  (random) => ({
    toJSON() {
      throw thrown(random);
    },
  }),
  (random) => ({
    a: {
      get b() {
        throw thrown(random);
      },
    },
  }),
  (random) =>
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw thrown(random);
        },
      },
    ),
  (random) =>
    new Proxy(
      {},
      {
        get: () => {
          throw thrown(random);
        },
      },
    ),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return { proxy };
  },
  () => nested(20_000, 1),
  () => ({ toJSON: () => 7n }),
];

/** Slow to make or to refuse. */
const RARE = [
  () => endless(),
  () => ({ toJSON: () => endless() }),
  () => 'x'.repeat(2 ** 25),
  () => new Array(2 ** 20).fill(0n),
];

/** @param {import('../random.mjs').Random} random */
export function data(random) {
  return random.weighted([
    [600, () => ({ value: random.pick(GOOD)(random), ok: true, class: 'data that JSON bends' })],
    [300, () => ({ value: { a: text(random).value, b: random.below(1_000) }, ok: true, class: 'data' })],
    [500, () => ({ value: random.pick(BAD)(random), ok: false, class: 'data that is no JSON' })],
    [1, () => ({ value: random.pick(RARE)(random), ok: false, rare: true, class: 'data without an end' })],
  ])();
}
