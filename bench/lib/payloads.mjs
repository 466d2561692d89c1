// Records that differ from one another, so that no side gains by repetition. The same in every run and on every side
// (native/src/payloads.rs makes them of the same alphabet).

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** In this order, in every record that has headers. */
export const HEADERS = ['event-type', 'version', 'trace'];

/** Marsaglia's xorshift32: cheap, the same everywhere. */
export function random(seed) {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function text(next, size) {
  let out = '';
  for (let i = 0; i < size; i++) out += ALPHABET[(next() >>> 7) % 64];
  return out;
}

/** A JSON object of exactly `size` bytes, with a number and a text whose sum is checked. */
function json(next, size) {
  const object = { id: next() % 1_000_000, course: text(next, 12), score: (next() % 1_000) / 10, tags: ['a', 'bb'] };
  const note = size - JSON.stringify({ ...object, note: '' }).length;
  return JSON.stringify({ ...object, note: text(next, note) });
}

/**
 * 64 sends (6,400 messages where sends are small) that are made before the measured part and used in turn: what is
 * measured is the client, not the making of data. No adapter may write to them.
 *
 * @param {{ batch: number, size: number, json?: boolean, keys?: boolean, headers?: boolean, strings?: boolean }} shape
 * @returns {{ value: Buffer | string, key?: Buffer | string, headers?: Record<string, Buffer | string> }[][]}
 */
export function sends(shape) {
  const { batch, size } = shape;
  const next = random(0x9e3779b9);
  const as = shape.strings ? (value) => value : (value) => Buffer.from(value);
  const record = () => {
    const made = { value: as(shape.json ? json(next, size) : text(next, size)) };
    if (shape.keys) made.key = as(`key-${next() % 100_000}`);
    if (shape.headers) {
      const [type, version, trace] = HEADERS;
      made.headers = { [type]: as('lesson_completed'), [version]: as('4.0'), [trace]: as(text(next, 16)) };
    }
    return made;
  };
  const count = batch === 1 ? 6_400 : batch < 100 ? Math.ceil(6_400 / batch) : 64;
  return Array.from({ length: count }, () => Array.from({ length: batch }, record));
}

/** Arguments of `publishUserEvent`. */
export function events() {
  const next = random(0x2545f491);
  return Array.from({ length: 4_096 }, (_, n) => ({
    type: 'lesson_completed',
    userId: `user-${next() % 10_000}`,
    data: { lessonId: n, score: next() % 100, note: text(next, 40) },
  }));
}

/** The message that `publishUserEvent` makes of them, for the clients that have no such call. */
export function envelope({ type, userId, data }) {
  const timestamp = new Date().toISOString();
  return {
    key: userId,
    value: JSON.stringify({ eventType: type, userId, data, timestamp, version: '4.0' }),
    headers: { eventType: type, version: '4.0', 'content-type': 'application/json' },
  };
}
