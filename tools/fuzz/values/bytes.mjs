// Keys, values and header values that can be used, odd as they are, with the bytes that must be stored for them, and
// those that cannot.

import { junk } from './junk.mjs';
import { text } from './text.mjs';

/**
 * @typedef {object} Part
 * @property {unknown} value
 * @property {boolean} ok        it can be used
 * @property {Buffer | null} [bytes]  what is stored for it
 * @property {string} class
 * @property {() => void} [after]  changes the value while it is on its way
 */

const good = (value, bytes, name, after) => ({ value, ok: true, bytes: Buffer.from(bytes), class: name, after });
const bad = (value, name) => ({ value, ok: false, class: name });

const overwrite = (bytes) => () => bytes.fill(0xee);

const MEMORY = [
  (random) => {
    const own = random.bytes(random.below(64));
    return good(own, own, 'buffer changed in flight', overwrite(own));
  },
  (random) => {
    const whole = random.bytes(64);
    const view = whole.subarray(random.below(32), 40);
    return good(view, view, 'offset view');
  },
  (random) => {
    const pooled = Buffer.allocUnsafe(random.between(1, 48)).fill(random.below(256));
    return good(pooled, pooled, 'slice of the pool', overwrite(pooled));
  },
  (random) => {
    const shared = new Uint8Array(new SharedArrayBuffer(16)).fill(random.below(256));
    return good(shared, shared, 'shared memory', overwrite(shared));
  },
  (random) => {
    const buffer = new ArrayBuffer(32, { maxByteLength: 64 });
    const view = new Uint8Array(buffer).fill(random.below(256));
    return good(view, view, 'resizable buffer shrunk in flight', () => buffer.resize(0));
  },
  (random) => {
    const buffer = new ArrayBuffer(16, { maxByteLength: 64 });
    const view = new Uint8Array(buffer, 4);
    buffer.resize(random.between(8, 64));
    view.fill(3);
    return good(view, view, 'length-tracking view', () => buffer.resize(8));
  },
  () => {
    const bytes = new Uint8Array([1, 2, 3]);
    return good(bytes, bytes, 'buffer detached in flight', () => structuredClone(bytes, { transfer: [bytes.buffer] }));
  },
  () => {
    // Its own properties lie about it.
    const bytes = Buffer.from('lies');
    Object.defineProperty(bytes, 'length', { value: 2 ** 31 });
    Object.defineProperty(bytes, 'byteLength', {
      get() {
        throw new Error('byteLength');
      },
    });
    return { ...good(bytes, '', 'buffer that lies about its length'), bytes: Buffer.from('lies') };
  },
  () => {
    class Special extends Uint8Array {
      get [Symbol.toStringTag]() {
        return 'String';
      }
    }
    return good(new Special([5, 6]), [5, 6], 'subclass of Uint8Array');
  },
  () => {
    const bytes = new Uint8Array(8);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    return bad(bytes, 'detached buffer');
  },
  () => {
    const buffer = new ArrayBuffer(16, { maxByteLength: 16 });
    const view = new Uint8Array(buffer, 8, 8);
    buffer.resize(4);
    return bad(view, 'view out of bounds');
  },
  () => bad(new DataView(new ArrayBuffer(8)), 'DataView'),
  () => bad(new Float64Array(2), 'Float64Array'),
  () => bad(new ArrayBuffer(4), 'ArrayBuffer'),
  () => bad(new SharedArrayBuffer(4), 'SharedArrayBuffer'),
  () => bad([1, 2, 3], 'array'),
  () => bad({ type: 'Buffer', data: [1] }, 'JSON of a buffer'),
];

/** Above what a message may have, and just not. @param {import('../random.mjs').Random} random @returns {Part} */
function large(random) {
  const limit = 1_000_000;
  return random.weighted([
    // Messages that travel together count together for a broker; what lies between is not judged here.
    [
      4,
      () => good(Buffer.alloc(limit - 100_000, 0x61), Buffer.alloc(limit - 100_000, 0x61), 'below message.max.bytes'),
    ],
    [4, () => ({ ...bad(Buffer.alloc(limit + 1), 'above message.max.bytes'), code: 'ERR_KAFKA_MSG_SIZE_TOO_LARGE' })],
    [2, () => ({ ...bad('x'.repeat(2 * 1024 * 1024), '2 MiB'), code: 'ERR_KAFKA_MSG_SIZE_TOO_LARGE' })],
  ])();
}

/** Memory that is only claimed: zero pages that nobody touches. */
export function gigantic(random) {
  const size = random.pick([2 ** 30 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32]);
  return { ...bad(new Uint8Array(size), `${size} bytes`), code: 'ERR_KAFKA_BATCH_TOO_LARGE' };
}

/**
 * @param {import('../random.mjs').Random} random
 * @param {{ large?: boolean }} [options]
 * @returns {Part & { code?: string }}
 */
export function part(random, { large: mayBeLarge = false } = {}) {
  return random.weighted(
    [
      [10, () => text(random)],
      [8, () => random.pick(MEMORY)(random)],
      [4, () => ({ ...junk(random), ok: false })],
      [mayBeLarge ? 0.05 : 0, () => large(random)],
    ].map(([weight, make]) => [weight * 100, make]),
  )();
}

/** One that can be used. @returns {Part} */
export function goodPart(random) {
  for (;;) {
    const made = part(random);
    if (made.ok) return made;
  }
}
