/**
 * Both layouts in which messages cross the border, from the other side: what lib/kafka/records.ts packs is read here, and
 * what lib/kafka/message.ts reads is written here.
 */
import { envelopeOf } from './envelope.js';

/** A message as a log holds it. */
export interface StoredRecord {
  key: Buffer | null;
  value: Buffer | null;
  /** Packed: name length, name, value length (-1: null), value; lengths are 32-bit little-endian. */
  headers: Buffer;
  /** ms since the epoch. */
  timestamp: number;
}

/** A message that is to be published. */
export interface PackedRecord extends StoredRecord {
  /** Id of the topic; for an event the name. */
  topic: number | string;
  /** -1: to be chosen. */
  partition: number;
}

/** Integers a message in the index of lib/kafka/records.ts, and in that of a slab of lib/kafka/message.ts. */
const PACKED_STRIDE = 8;
const SLAB_STRIDE = 6;

/** Copies of the records that a packer holds; events get their envelope, all with one time. */
export function readPacked(slab: Uint8Array, index: Int32Array, now = Date.now()): PackedRecord[] {
  const bytes = Buffer.from(slab);
  return Array.from({ length: index.length / PACKED_STRIDE }, (_, i) => {
    const entry = index.subarray(i * PACKED_STRIDE, (i + 1) * PACKED_STRIDE) as unknown as Entry;
    return entry[0] < 0 ? readEvent(bytes, entry, now) : readMessage(bytes, entry, now);
  });
}

type Entry = [number, number, number, number, number, number, number, number];

/** Cuts parts that lie one after another; a length of -1 is null. */
function cutter(bytes: Buffer, start: number): (length: number) => Buffer | null {
  let at = start;
  return (length) => {
    if (length < 0) return null;
    at += length;
    return bytes.subarray(at - length, at);
  };
}

function readMessage(bytes: Buffer, entry: Entry, now: number): PackedRecord {
  const [topic, partition, start, keyLength, valueLength, headersLength, low, high] = entry;
  const cut = cutter(bytes, start);
  const [key, value] = [cut(keyLength), cut(valueLength)];
  const timestamp = high * 2 ** 32 + (low >>> 0);
  return {
    topic,
    partition,
    key,
    value,
    headers: cut(headersLength) as Buffer,
    timestamp: timestamp === 0 ? now : timestamp,
  };
}

function readEvent(bytes: Buffer, entry: Entry, now: number): PackedRecord {
  const [code, typeLength, start, idLength, dataLength, secondLength, traceLength] = entry;
  const cut = cutter(bytes, start);
  const text = (length: number): string | undefined => cut(length)?.toString('utf8');
  const [eventType, id, secondId, traceparent] = [
    text(typeLength),
    text(idLength),
    text(secondLength),
    text(traceLength),
  ];
  const data = text(dataLength) as string;
  const made = envelopeOf(
    -code - 1,
    { eventType: eventType as string, id: id as string, secondId, traceparent, data },
    now,
  );
  return { ...made, partition: -1, timestamp: now };
}

/** What a handler is given, of one lane. */
export interface SlabEntry extends StoredRecord {
  offset: number;
}

/** One block of bytes with all messages, as the consumer of the core hands them out. */
export function writeSlab(entries: readonly SlabEntry[], lane: number): ArrayBuffer {
  const head = entries.length * (16 + SLAB_STRIDE * 4);
  const sizes = entries.map(({ key, value, headers }) => (key?.length ?? 0) + (value?.length ?? 0) + headers.length);
  const buffer = new ArrayBuffer(sizes.reduce((sum, size) => sum + size, head));
  const times = new Float64Array(buffer, 0, entries.length * 2);
  const index = new Int32Array(buffer, entries.length * 16, entries.length * SLAB_STRIDE);
  const bytes = Buffer.from(buffer);
  let at = head;
  entries.forEach(({ key, value, headers, offset, timestamp }, i) => {
    times.set([offset, timestamp], i * 2);
    index.set([at, key?.length ?? -1, value?.length ?? -1, headers.length, lane, 0], i * SLAB_STRIDE);
    for (const part of [key, value, headers]) {
      if (part === null) continue;
      bytes.set(part, at);
      at += part.length;
    }
  });
  return buffer;
}
