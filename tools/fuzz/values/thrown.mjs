// What getters, traps, handlers and promises throw: anything can be thrown in JavaScript, and much of it hurts
// whoever looks at it.

export const REVOKED = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
})();

const wild = () => {
  throw new Error('looking at it throws');
};

/** A Proxy of which every trap throws. */
export function throwingProxy(target = {}, thrown = new Error('a trap')) {
  const trap = () => {
    throw thrown;
  };
  const traps = [
    'apply',
    'construct',
    'defineProperty',
    'deleteProperty',
    'get',
    'getOwnPropertyDescriptor',
    'getPrototypeOf',
    'has',
    'isExtensible',
    'ownKeys',
    'preventExtensions',
    'set',
    'setPrototypeOf',
  ];
  return new Proxy(target, Object.fromEntries(traps.map((name) => [name, trap])));
}

const THROWN = [
  () => new Error('plain'),
  () => new TypeError('typed'),
  () => undefined,
  () => null,
  () => 0,
  () => 'a string',
  () => '',
  () => Symbol('thrown'),
  () => 10n,
  () => () => {},
  () => REVOKED,
  () => throwingProxy(),
  () => Object.create(null),
  () => ({ toString: wild }),
  () => ({ [Symbol.toPrimitive]: wild }),
  () => Object.assign(new Error('x'), { message: Symbol('message') }),
  () => Object.assign(new Error('x'), { message: Object.create(null), name: 7, stack: undefined }),
  () => Object.defineProperty(new Error('x'), 'message', { get: wild }),
  () => Object.defineProperty(new Error('x'), 'name', { get: wild }),
  () => Object.defineProperty(new Error('x'), 'cause', { get: wild }),
  () => Object.freeze(new RangeError('frozen')),
  () => throwingProxy(new Error('behind a proxy')),
  () => new Error('long '.repeat(20_000)),
  () => new Error('lone \ud800 surrogate, NUL \0, line\nbreak'),
  () => new AggregateError([new Error('inner')], 'several'),
  // As if it were one of ours: the brand is a registered symbol, so anybody can carry it.
  () => ({ [Symbol.for('kafka4.error')]: true, code: 'ERR_FORGED', details: null }),
  () => Object.freeze(Object.assign(new Error('forged'), { [Symbol.for('kafka4.error')]: true })),
];

/** @param {import('../random.mjs').Random} random */
export function thrown(random) {
  return random.pick(THROWN)();
}
