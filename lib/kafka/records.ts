/**
 * Packs messages into the slab and the index that cross the border (core/src/records.rs, core/src/services/envelope.rs).
 * The caller's objects are read once, during the call, and never written to: what changes later changes nothing.
 */
import { types } from 'node:util';
import type { IHeaders, Message } from '../kafkajs/types.js';
import { invalid, KafkaValidationError, show } from './errors.js';

const STRIDE = 8;
const FIRST_SLAB = 64 * 1024;
/** A slab that grew beyond this is dropped after its use instead of being kept for the next tick. */
const KEPT_SLAB = 4 * 1024 * 1024;
/** What can wait for one crossing, in bytes: offsets are 32-bit. */
const MAX_SLAB = 1024 * 1024 * 1024;

/** Of one message; no message of a size that brokers take has more. Stops an array that only claims its length. */
const MOST_HEADERS = 100_000;

/** UTF-16 units. */
const SHORT = 32;

// What the memory itself says: a property of that name on the object can say anything, and be code.
const BYTES = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const byteLengthOf = Object.getOwnPropertyDescriptor(BYTES, 'byteLength')?.get as (this: Uint8Array) => number;
const keysOf = BYTES.keys;

/** Where the packer stood, to go back to when a message cannot be used. */
export interface Mark {
  bytes: number;
  records: number;
}

export class RecordPacker {
  #slab = Buffer.allocUnsafeSlow(FIRST_SLAB);
  #index = new Int32Array(STRIDE * 64);
  #bytes = 0;
  #records = 0;

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  mark(): Mark {
    return { bytes: this.#bytes, records: this.#records };
  }

  rollback(mark: Mark): void {
    this.#bytes = mark.bytes;
    this.#records = mark.records;
  }

  /** The packed records; valid until the next call of a method. */
  view(from = 0, to = this.#records): { slab: Uint8Array; index: Int32Array } {
    return {
      slab: this.#slab.subarray(0, this.#bytes),
      index: this.#index.subarray(from * STRIDE, to * STRIDE),
    };
  }

  clear(): void {
    this.#bytes = 0;
    this.#records = 0;
    if (this.#slab.length > KEPT_SLAB) this.#slab = Buffer.allocUnsafeSlow(FIRST_SLAB);
    if (this.#index.length > 1_000_000) this.#index = new Int32Array(STRIDE * 64);
  }

  /**
   * Appends a message; `where` names it in errors; `chosen` is its partition where somebody else than the message tells it.
   * Returns its size in bytes.
   */
  message(topicId: number, message: Message, where: () => string, chosen?: number): number {
    if (typeof message !== 'object' || message === null) {
      throw invalid(`${where()} must be an object with a value, not ${show(message)}`);
    }
    const { key, value, headers, timestamp } = message;
    const partition = chosen ?? message.partition;
    if (value === undefined) {
      throw invalid(`${where()} has no value: give a string or Buffer, or null for a tombstone`);
    }
    const start = this.#bytes;
    const keyLength = key === undefined || key === null ? -1 : this.#append(key, where, 'key');
    const valueLength = value === null ? -1 : this.#append(value, where, 'value');
    const headersAt = this.#bytes;
    if (headers !== undefined && headers !== null) this.#headers(headers, where);
    const time = timestamp === undefined || timestamp === null ? 0 : readTimestamp(timestamp, where);
    const entry = this.#entry();
    const index = this.#index;
    index[entry] = topicId;
    index[entry + 1] = partition === undefined || partition === null ? -1 : readPartition(partition, where);
    index[entry + 2] = start;
    index[entry + 3] = keyLength;
    index[entry + 4] = valueLength;
    index[entry + 5] = this.#bytes - headersAt;
    index[entry + 6] = time | 0;
    index[entry + 7] = Math.floor(time / 4294967296);
    return this.#bytes - start;
  }

  /** Appends an event; its envelope is made in the core. Ids are checked by the caller. */
  event(
    kind: number,
    eventType: string,
    id: string,
    secondId: string | undefined,
    data: string,
    trace: string | undefined,
  ): void {
    const start = this.#bytes;
    const typeLength = this.#text(eventType);
    const idLength = this.#text(id);
    const secondLength = secondId === undefined ? -1 : this.#text(secondId);
    const traceLength = trace === undefined ? -1 : this.#text(trace);
    const dataLength = this.#text(data);
    const entry = this.#entry();
    const index = this.#index;
    index[entry] = -(kind + 1);
    index[entry + 1] = typeLength;
    index[entry + 2] = start;
    index[entry + 3] = idLength;
    index[entry + 4] = dataLength;
    index[entry + 5] = secondLength;
    index[entry + 6] = traceLength;
    index[entry + 7] = 0;
  }

  #append(value: unknown, where: () => string, what: string): number {
    if (typeof value === 'string') return this.#text(value);
    // Also an array of another realm, but no Proxy and nothing that only has the prototype.
    if (types.isUint8Array(value)) return this.#binary(value, where, what);
    throw invalid(`${where()}: ${what} must be a string, a Buffer or null, not ${show(value)}`);
  }

  #text(text: string): number {
    if (text.length <= SHORT && this.#ascii(text)) return text.length;
    // A UTF-16 unit becomes three bytes of UTF-8 at most; lone surrogates become U+FFFD, as everywhere in Node.
    this.#reserve(text.length * 3);
    const written = this.#slab.write(text, this.#bytes, 'utf8');
    this.#bytes += written;
    return written;
  }

  /** Ids and names are short and ASCII: a loop over them costs less than the call of `write`. False: something is not. */
  #ascii(text: string): boolean {
    this.#reserve(text.length);
    const slab = this.#slab;
    const at = this.#bytes;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) return false;
      slab[at + i] = unit;
    }
    this.#bytes += text.length;
    return true;
  }

  #binary(bytes: Uint8Array, where: () => string, what: string): number {
    const length = byteLengthOf.call(bytes);
    if (length === 0) assertThere(bytes, where, what);
    this.#reserve(length);
    this.#slab.set(bytes, this.#bytes);
    this.#bytes += length;
    return length;
  }

  #headers(headers: IHeaders, where: () => string): void {
    if (typeof headers !== 'object' || isNoRecord(headers)) {
      throw invalid(`${where()}: headers must be an object of names and values, not ${show(headers)}`);
    }
    let count = 0;
    for (const name of Object.keys(headers)) {
      const value = headers[name];
      if (value === undefined) continue;
      // By index, and as many as there are now: an iterator is the caller's code.
      const length = Array.isArray(value) ? value.length : 1;
      count += length;
      if (count > MOST_HEADERS) throw invalid(`${where()} has more than ${MOST_HEADERS} headers`);
      if (!Array.isArray(value)) this.#header(name, value, where);
      else for (let i = 0; i < length; i++) this.#header(name, value[i], where);
    }
  }

  #header(name: string, value: unknown, where: () => string): void {
    // librdkafka gives names to readers as C strings: it would come back cut, and another header's name perhaps.
    if (name.includes('\0')) throw invalid(`${where()}: the name of a header cannot hold a NUL`);
    const nameAt = this.#int(0);
    const nameLength = this.#text(name);
    // Only now: the name may have moved everything to a bigger slab.
    this.#slab.writeInt32LE(nameLength, nameAt);
    const valueAt = this.#int(-1);
    if (value === null || value === undefined) return;
    const length = this.#append(value, where, `header '${name}'`);
    this.#slab.writeInt32LE(length, valueAt);
  }

  #int(value: number): number {
    this.#reserve(4);
    const at = this.#bytes;
    this.#slab.writeInt32LE(value, at);
    this.#bytes += 4;
    return at;
  }

  #entry(): number {
    const entry = this.#records * STRIDE;
    if (entry === this.#index.length) {
      const grown = new Int32Array(this.#index.length * 2);
      grown.set(this.#index);
      this.#index = grown;
    }
    this.#records += 1;
    return entry;
  }

  #reserve(more: number): void {
    const needed = this.#bytes + more;
    if (needed <= this.#slab.length) return;
    if (needed > MAX_SLAB) {
      throw new KafkaValidationError(
        'ERR_KAFKA_BATCH_TOO_LARGE',
        'more than 1 GiB of messages in one call: send them in several',
      );
    }
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#slab.length * 2, needed));
    this.#slab.copy(grown, 0, 0, this.#bytes);
    this.#slab = grown;
  }
}

/** A detached buffer and one that shrank under its view read as empty; this tells them from empty ones. */
function assertThere(bytes: Uint8Array, where: () => string, what: string): void {
  try {
    keysOf.call(bytes);
  } catch {
    throw invalid(`${where()}: ${what} is a view of an ArrayBuffer that was detached or shrunk`);
  }
}

/** Objects whose contents are no properties: their headers would be lost without a word. */
function isNoRecord(value: object): boolean {
  return (
    Array.isArray(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isDate(value) ||
    types.isBoxedPrimitive(value) ||
    isMemory(value)
  );
}

function isMemory(value: object): boolean {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

function readPartition(partition: unknown, where: () => string): number {
  if (typeof partition !== 'number' || !Number.isInteger(partition) || partition < 0 || partition > 2147483647) {
    throw invalid(`${where()}: partition must be a whole number from 0 to 2147483647, not ${show(partition)}`);
  }
  return partition;
}

/** From 1, since librdkafka takes 0 for "now", up to the year 9999; librdkafka takes 64 bits, Date does not. */
const LAST_TIMESTAMP = 253402300799999;

function readTimestamp(timestamp: unknown, where: () => string): number {
  const time =
    typeof timestamp === 'number'
      ? timestamp
      : typeof timestamp === 'string' && /^\d+$/.test(timestamp)
        ? Number(timestamp)
        : NaN;
  if (!Number.isInteger(time) || time < 1 || time > LAST_TIMESTAMP) {
    throw invalid(
      `${where()}: timestamp must be ms since the epoch (from 1) as a decimal string, not ${show(timestamp)}`,
    );
  }
  return time;
}
