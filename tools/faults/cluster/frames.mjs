// Cuts a stream of Kafka requests into frames (four bytes of length, then as many bytes), so that some can be left out.

/** What is longer is no request of Kafka (TLS, garbage): the stream then passes as it is. */
const LONGEST = 128 * 1024 * 1024;

export class Frames {
  /** @type {Buffer[]} */
  #parts = [];
  #size = 0;
  #opaque = false;

  /** @param {(frame: Buffer) => boolean} passes */
  constructor(passes) {
    this.passes = passes;
  }

  /**
   * @param {Buffer} chunk
   * @returns {Buffer} whole frames that may pass
   */
  take(chunk) {
    if (this.#opaque) return chunk;
    this.#parts.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed()) return Buffer.alloc(0);
    const bytes = Buffer.concat(this.#parts, this.#size);
    const passing = [];
    let at = 0;
    while (bytes.length - at >= 4) {
      const length = bytes.readInt32BE(at);
      if (length < 2 || length > LONGEST) {
        this.#opaque = true;
        passing.push(bytes.subarray(at));
        at = bytes.length;
        break;
      }
      if (bytes.length - at < 4 + length) break;
      const frame = bytes.subarray(at, at + 4 + length);
      if (this.passes(frame)) passing.push(frame);
      at += 4 + length;
    }
    this.#parts = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#size = bytes.length - at;
    return passing.length === 1 ? passing[0] : Buffer.concat(passing);
  }

  /** Bytes until the first frame is whole: a large one is not put together anew for each part of it. */
  #needed() {
    const [first] = this.#parts;
    if (first.length < 4) return 4;
    const length = first.readInt32BE(0);
    return length < 2 || length > LONGEST ? 4 : 4 + length;
  }
}
