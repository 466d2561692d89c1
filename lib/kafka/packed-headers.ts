/** Reads the packed headers of a message (core/src/records.rs): name length, name, value length (-1: null), value. */
import type { IHeaders } from '../kafkajs/types.js';

type Value = Buffer | null;

/** Calls `take` for each header that stands in `bytes` from `at` to `end`, in their order. */
function each(bytes: Buffer, at: number, end: number, take: (name: string, value: Value) => void): void {
  let cursor = at;
  while (cursor < end) {
    const nameEnd = cursor + 4 + bytes.readInt32LE(cursor);
    const name = NAMES.read(bytes, cursor + 4, nameEnd);
    const length = bytes.readInt32LE(nameEnd);
    cursor = nameEnd + 4 + Math.max(length, 0);
    take(name, length < 0 ? null : bytes.subarray(nameEnd + 4, cursor));
  }
}

/** As an object; a name that comes again has an array. */
export function headersOf(bytes: Buffer, at: number, end: number): IHeaders {
  const headers: Record<string, unknown> = {};
  each(bytes, at, end, (name, value) => {
    // Also what every object inherits, `__proto__` and `toString`.
    if (name in headers) again(headers, name, value);
    else headers[name] = value;
  });
  return headers as IHeaders;
}

function again(headers: Record<string, unknown>, name: string, value: Value): void {
  const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (Array.isArray(before)) before.push(value);
  else {
    const now = before === undefined ? value : [before, value];
    Object.defineProperty(headers, name, { value: now, enumerable: true, configurable: true, writable: true });
  }
}

/** As a list, which keeps the order of repeated names among the others. */
export function headerListOf(bytes: Buffer, at: number, end: number): [string, Value][] {
  const list: [string, Value][] = [];
  each(bytes, at, end, (name, value) => list.push([name, value]));
  return list;
}

const SLOTS = 256;
/** Longer names are decoded each time: what is kept stays small. */
const LONGEST = 64;

/**
 * The names that came last. The messages of a topic have the same few names, and comparing bytes costs a fraction of
 * decoding them.
 */
class Names {
  readonly #bytes: (Uint8Array | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #texts: string[] = new Array(SLOTS).fill('');

  read(bytes: Buffer, from: number, to: number): string {
    const length = to - from;
    if (length === 0 || length > LONGEST) return bytes.toString('utf8', from, to);
    const ends = (bytes[from] as number) * 31 + (bytes[to - 1] as number) * 7;
    const slot = (ends + (bytes[from + (length >> 1)] as number) * 3 + length) % SLOTS;
    const known = this.#bytes[slot];
    if (known?.length === length) {
      let same = 0;
      while (same < length && known[same] === bytes[from + same]) same += 1;
      if (same === length) return this.#texts[slot] as string;
    }
    const text = bytes.toString('utf8', from, to);
    this.#bytes[slot] = Uint8Array.prototype.slice.call(bytes, from, to);
    this.#texts[slot] = text;
    return text;
  }
}

const NAMES = new Names();
