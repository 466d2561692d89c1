/** Messages as views over a slab (core/src/consume/slab.rs): nothing is decoded before it is asked for. */
import type { IHeaders, KafkaMessage } from '../kafkajs/types.js';
import { KafkaSerializationError } from './errors.js';
import { headerListOf, headersOf } from './packed-headers.js';

/** Integers a message in the slab: data offset, key length, value length, headers length, lane, timestamp type. */
export const STRIDE = 6;
const LOG_APPEND_TIME = 1;

/** The memory of one batch from the core. */
export class Slab {
  readonly count: number;
  readonly memory: ArrayBuffer;
  readonly bytes: Buffer;
  /** Offset and timestamp of each message. */
  readonly times: Float64Array;
  readonly index: Int32Array;

  constructor(buffer: ArrayBuffer, count: number) {
    this.count = count;
    this.memory = buffer;
    this.bytes = Buffer.from(buffer);
    this.times = new Float64Array(buffer, 0, count * 2);
    this.index = new Int32Array(buffer, count * 16, count * STRIDE);
  }

  lane(i: number): number {
    return this.index[i * STRIDE + 4] as number;
  }

  offset(i: number): number {
    return this.times[i * 2] as number;
  }
}

export class SlabMessage implements KafkaMessage {
  readonly #slab: Slab;
  readonly #i: number;
  #headers: IHeaders | undefined;

  constructor(slab: Slab, i: number) {
    this.#slab = slab;
    this.#i = i;
  }

  get key(): Buffer | null {
    const at = this.#i * STRIDE;
    const { index, bytes } = this.#slab;
    const length = index[at + 1] as number;
    if (length < 0) return null;
    const start = index[at] as number;
    return bytes.subarray(start, start + length);
  }

  get value(): Buffer | null {
    const at = this.#i * STRIDE;
    const { index, bytes } = this.#slab;
    const length = index[at + 2] as number;
    if (length < 0) return null;
    const start = (index[at] as number) + Math.max(index[at + 1] as number, 0);
    return bytes.subarray(start, start + length);
  }

  get offset(): string {
    return String(this.#slab.times[this.#i * 2]);
  }

  get timestamp(): string {
    return String(this.#slab.times[this.#i * 2 + 1]);
  }

  /** Bit 3 as in the record batch: the timestamp is the broker's. Compression is undone and not told by librdkafka. */
  get attributes(): number {
    return this.#slab.index[this.#i * STRIDE + 5] === LOG_APPEND_TIME ? 8 : 0;
  }

  /** Read once: who asks for one header mostly asks for another. */
  get headers(): IHeaders {
    if (this.#headers === undefined) {
      const at = this.#headersAt();
      this.#headers = headersOf(this.#slab.bytes, at, at + this.#headersLength());
    }
    return this.#headers;
  }

  get headerList(): [string, Buffer | null][] {
    const at = this.#headersAt();
    return headerListOf(this.#slab.bytes, at, at + this.#headersLength());
  }

  /** The bytes of the packed headers, for a dead letter. */
  get packedHeaders(): Buffer {
    const at = this.#headersAt();
    return this.#slab.bytes.subarray(at, at + this.#headersLength());
  }

  #headersAt(): number {
    const at = this.#i * STRIDE;
    const { index } = this.#slab;
    return (index[at] as number) + Math.max(index[at + 1] as number, 0) + Math.max(index[at + 2] as number, 0);
  }

  #headersLength(): number {
    return this.#slab.index[this.#i * STRIDE + 3] as number;
  }

  text(): string | null {
    const at = this.#i * STRIDE;
    const { index, bytes } = this.#slab;
    const length = index[at + 2] as number;
    if (length < 0) return null;
    const start = (index[at] as number) + Math.max(index[at + 1] as number, 0);
    return bytes.toString('utf8', start, start + length);
  }

  json<T = unknown>(): T | null {
    const text = this.text();
    if (text === null) return null;
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new KafkaSerializationError(
        'ERR_KAFKA_DESERIALIZATION',
        `the value of the message at offset ${this.offset} is no JSON: ${(cause as Error).message}`,
        { cause, details: { offset: this.offset } },
      );
    }
  }

  copy(): KafkaMessage {
    const { index, bytes, times } = this.#slab;
    const at = this.#i * STRIDE;
    const length =
      Math.max(index[at + 1] as number, 0) + Math.max(index[at + 2] as number, 0) + (index[at + 3] as number);
    const start = index[at] as number;
    const head = 16 + STRIDE * 4;
    const own = new ArrayBuffer(head + length);
    new Float64Array(own, 0, 2).set(times.subarray(this.#i * 2, this.#i * 2 + 2));
    new Int32Array(own, 16, STRIDE).set(index.subarray(at, at + STRIDE));
    new Int32Array(own, 16, 1)[0] = head;
    new Uint8Array(own, head).set(bytes.subarray(start, start + length));
    return new SlabMessage(new Slab(own, 1), 0);
  }

  /** As KafkaJS's plain object, for loggers and snapshots. */
  toJSON(): Record<string, unknown> {
    const { key, value, timestamp, attributes, offset, headers } = this;
    return { key, value, timestamp, attributes, offset, headers };
  }

  [Symbol.for('nodejs.util.inspect.custom')](): Record<string, unknown> {
    return this.toJSON();
  }
}
