/**
 * A message as programs written for KafkaJS know it: a plain object with own properties, which can be spread, changed
 * and compared. All of it is made at once, so each part is made as cheaply as it can be.
 */
import { type Slab, STRIDE } from '../../kafka/message.js';
import { headersOf } from '../../kafka/packed-headers.js';
import type { RecordBatchEntry } from './payloads.js';

const LOG_APPEND_TIME = 1;

type MakeBuffer = new (memory: ArrayBuffer, at: number, length: number) => Buffer;

/**
 * The class of Node's Buffers, which `Buffer.from` and `subarray` also end at: without their checks a Buffer costs a third.
 * Where there is none, `Buffer.from`.
 */
const NodeBuffer = (Buffer as unknown as { [Symbol.species]?: MakeBuffer })[Symbol.species] ?? undefined;
const isUsable =
  typeof NodeBuffer === 'function' &&
  Object.getPrototypeOf(new NodeBuffer(new ArrayBuffer(1), 0, 1)) === Buffer.prototype;

function ViewOf(memory: ArrayBuffer, at: number, length: number): Buffer {
  return Buffer.from(memory, at, length);
}

const View = (isUsable ? NodeBuffer : ViewOf) as MakeBuffer;

/** Messages that come together mostly have the same time: its text is made once. */
let lastTime = Number.NaN;
let lastText = '';

function textOf(time: number): string {
  if (time !== lastTime) {
    lastTime = time;
    lastText = String(time);
  }
  return lastText;
}

/** A literal, so that it is plain for whoever asks: its prototype is Object's, as KafkaJS's messages have it. */
export function consumedMessage({ index, bytes, memory, times }: Slab, i: number): RecordBatchEntry {
  const at = i * STRIDE;
  const keyLength = index[at + 1] as number;
  const valueLength = index[at + 2] as number;
  const headersLength = index[at + 3] as number;
  const keyAt = index[at] as number;
  const valueAt = keyLength > 0 ? keyAt + keyLength : keyAt;
  const headersAt = valueLength > 0 ? valueAt + valueLength : valueAt;
  return {
    key: keyLength < 0 ? null : new View(memory, keyAt, keyLength),
    value: valueLength < 0 ? null : new View(memory, valueAt, valueLength),
    timestamp: textOf(times[i * 2 + 1] as number),
    // Bit 3 as in the record batch: the timestamp is the broker's. Compression is undone and not told by librdkafka.
    attributes: index[at + 5] === LOG_APPEND_TIME ? 8 : 0,
    offset: String(times[i * 2]),
    headers: headersLength === 0 ? {} : headersOf(bytes, headersAt, headersAt + headersLength),
  };
}
