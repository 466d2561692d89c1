/** The primitive types of Kafka's protocol, for the few requests that librdkafka does not know. */

/** Writes one request. `flexible`: the encoding with compact lengths and tags, of newer versions. */
export class Writer {
  readonly #parts: Buffer[] = [];
  readonly #flexible: boolean;

  constructor(flexible = false) {
    this.#flexible = flexible;
  }

  int8(value: number): this {
    return this.#number(1, (buffer) => buffer.writeInt8(value));
  }

  bool(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    return this.#number(2, (buffer) => buffer.writeInt16BE(value));
  }

  int32(value: number): this {
    return this.#number(4, (buffer) => buffer.writeInt32BE(value));
  }

  int64(value: bigint): this {
    return this.#number(8, (buffer) => buffer.writeBigInt64BE(value));
  }

  string(value: string | null): this {
    return this.#sized(value === null ? null : Buffer.from(value, 'utf8'), (length) => this.int16(length));
  }

  bytes(value: Buffer | null): this {
    return this.#sized(value, (length) => this.int32(length));
  }

  array<T>(values: readonly T[] | null, write: (value: T) => void): this {
    if (this.#flexible) this.#unsigned(values === null ? 0 : values.length + 1);
    else this.int32(values === null ? -1 : values.length);
    for (const value of values ?? []) write(value);
    return this;
  }

  /** No tagged field: the end of every structure of the newer encoding. */
  end(): this {
    return this.#flexible ? this.int8(0) : this;
  }

  /** As it is. */
  raw(buffer: Buffer): this {
    this.#parts.push(buffer);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #sized(value: Buffer | null, writeLength: (length: number) => void): this {
    if (this.#flexible) this.#unsigned(value === null ? 0 : value.length + 1);
    else writeLength(value === null ? -1 : value.length);
    if (value !== null) this.#parts.push(value);
    return this;
  }

  #number(size: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(size);
    write(buffer);
    this.#parts.push(buffer);
    return this;
  }

  /** Seven bits a byte, the lowest first. */
  #unsigned(value: number): void {
    const bytes: number[] = [];
    let left = value;
    while (left > 0x7f) {
      bytes.push((left & 0x7f) | 0x80);
      left >>>= 7;
    }
    bytes.push(left);
    this.#parts.push(Buffer.from(bytes));
  }
}

/** Reads one answer. Throws a RangeError where it is shorter than it claims. */
export class Reader {
  readonly #buffer: Buffer;
  readonly #flexible: boolean;
  #at = 0;

  constructor(buffer: Buffer, flexible = false) {
    this.#buffer = buffer;
    this.#flexible = flexible;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#next(1));
  }

  bool(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#next(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#next(4));
  }

  string(): string | null {
    return this.#slice(this.#flexible ? this.#unsigned() - 1 : this.int16())?.toString('utf8') ?? null;
  }

  bytes(): Buffer | null {
    return this.#slice(this.#flexible ? this.#unsigned() - 1 : this.int32());
  }

  /** Null is read as an empty array. */
  array<T>(read: () => T): T[] {
    const length = this.#flexible ? this.#unsigned() - 1 : this.int32();
    // Every element is a byte at least: more than that is no answer of a broker.
    if (length > this.#buffer.length - this.#at) throw new RangeError(`an array of ${length} in a shorter answer`);
    return Array.from({ length: Math.max(length, 0) }, read);
  }

  /** Passes over tagged fields: the end of every structure of the newer encoding. */
  end(): void {
    if (!this.#flexible) return;
    for (let left = this.#unsigned(); left > 0; left--) {
      this.#unsigned();
      this.#slice(this.#unsigned());
    }
  }

  #slice(length: number): Buffer | null {
    if (length < 0) return null;
    const at = this.#next(length);
    return this.#buffer.subarray(at, at + length);
  }

  #next(size: number): number {
    const at = this.#at;
    if (at + size > this.#buffer.length) throw new RangeError(`${size} bytes at ${at} of ${this.#buffer.length}`);
    this.#at += size;
    return at;
  }

  #unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer.readUInt8(this.#next(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a length of more than 32 bits');
  }
}
