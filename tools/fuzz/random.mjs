// Numbers that look random and are the same for the same seed and index: what failed once fails again.

/** @typedef {ReturnType<typeof randomOf>} Random */

/** Two numbers to one state (splitmix32 steps), so that neighbouring indices share nothing. */
function mix(seed, index) {
  let x = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/**
 * @param {number} seed
 * @param {number} index
 */
export function randomOf(seed, index) {
  let state = mix(seed, index);
  const bits = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  };
  const below = (n) => bits() % n;
  return {
    /** A whole number from 0 to n-1. */
    below,
    /** A whole number from `from` to `to`. */
    between: (from, to) => from + below(to - from + 1),
    /** True once in n. */
    once: (n) => below(n) === 0,
    /** @template T @param {readonly T[]} list @returns {T} */
    pick: (list) => /** @type {any} */ (list[below(list.length)]),
    /** An entry of `[weight, value]` pairs. @template T @param {readonly (readonly [number, T])[]} list @returns {T} */
    weighted: (list) => {
      let at = below(list.reduce((sum, [weight]) => sum + weight, 0));
      for (const [weight, value] of list) {
        if (at < weight) return value;
        at -= weight;
      }
      return /** @type {any} */ (list.at(-1))[1];
    },
    bytes: (length) => {
      const bytes = Buffer.allocUnsafe(length);
      for (let i = 0; i < length; i++) bytes[i] = bits();
      return bytes;
    },
  };
}
