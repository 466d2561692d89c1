// The three Kafka requests that the tools need, spoken directly: is the broker ready, create topics, which
// topics are there. Kafka's own TopicCommand would cost a JVM start for every topic, and the tools must
// work on a clone where the project itself is not built yet.

import { connect } from 'node:net';

const METADATA = 3;
const CREATE_TOPICS = 19;
const TOPIC_ALREADY_EXISTS = 36;

/** Writes the classic (not the compact) encoding of Kafka's protocol. */
class Writer {
  /** @type {Buffer[]} */ parts = [];
  int16(value) {
    const part = Buffer.alloc(2);
    part.writeInt16BE(value);
    this.parts.push(part);
    return this;
  }
  int32(value) {
    const part = Buffer.alloc(4);
    part.writeInt32BE(value);
    this.parts.push(part);
    return this;
  }
  string(value) {
    const bytes = Buffer.from(value, 'utf8');
    this.int16(bytes.length).parts.push(bytes);
    return this;
  }
  bytes() {
    return Buffer.concat(this.parts);
  }
}

class Reader {
  /** @param {Buffer} buffer */
  constructor(buffer) {
    this.buffer = buffer;
    this.at = 0;
  }
  /** Moves on by `length` bytes; gives where they begin. */
  step(length) {
    const start = this.at;
    this.at += length;
    return start;
  }
  int8() {
    return this.buffer.readInt8(this.step(1));
  }
  int16() {
    return this.buffer.readInt16BE(this.step(2));
  }
  int32() {
    return this.buffer.readInt32BE(this.step(4));
  }
  string() {
    const length = this.int16();
    if (length < 0) return null;
    const start = this.step(length);
    return this.buffer.toString('utf8', start, start + length);
  }
  array(read) {
    return Array.from({ length: Math.max(0, this.int32()) }, () => read());
  }
}

/**
 * One request on a connection of its own.
 *
 * @param {string} address host:port
 * @returns {Promise<Reader>} at the start of the response body
 */
function request(address, key, version, body, timeout) {
  const colon = address.lastIndexOf(':');
  const head = new Writer().int16(key).int16(version).int32(1).string('kafka4-tools').bytes();
  const frame = Buffer.concat([new Writer().int32(head.length + body.length).bytes(), head, body]);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    let got = Buffer.alloc(0);
    const fail = (error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeout, () => fail(new Error(`${address} did not answer in ${timeout} ms`)));
    socket.on('connect', () => socket.write(frame));
    socket.on('error', fail);
    socket.on('close', () => reject(new Error(`${address} closed the connection without an answer`)));
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (got.length < 4 || got.length < 4 + got.readInt32BE(0)) return;
      resolve(new Reader(got.subarray(8)));
      socket.destroy();
    });
  });
}

/**
 * @typedef {{ id: number, leader: number, replicas: number[], isr: number[] }} PartitionLayout
 *
 * @param {string} address
 * @returns {Promise<{ brokers: { id: number, host: string, port: number }[], controller: number,
 *   topics: { name: string, internal: boolean, partitions: number, layout: PartitionLayout[] }[] }>}
 */
export async function metadata(address, timeout = 2_000) {
  const answer = await request(address, METADATA, 1, new Writer().int32(-1).bytes(), timeout);
  const brokers = answer.array(() => {
    const broker = { id: answer.int32(), host: answer.string(), port: answer.int32() };
    answer.string();
    return broker;
  });
  const controller = answer.int32();
  const topics = answer.array(() => {
    answer.int16();
    const name = answer.string();
    const internal = answer.int8() === 1;
    const layout = answer.array(() => {
      answer.int16();
      return {
        id: answer.int32(),
        leader: answer.int32(),
        replicas: answer.array(() => answer.int32()),
        isr: answer.array(() => answer.int32()),
      };
    });
    return { name, internal, partitions: layout.length, layout };
  });
  return { brokers, controller, topics };
}

/**
 * @param {string} address
 * @param {{ name: string, partitions: number, replicas?: number, config?: Record<string, string> }[]} topics
 * @returns {Promise<string[]>} the names that were created; those that exist are left alone
 */
export async function createTopics(address, topics, timeout = 15_000) {
  const body = new Writer().int32(topics.length);
  for (const { name, partitions, replicas = 1, config = {} } of topics) {
    body.string(name).int32(partitions).int16(replicas).int32(0).int32(Object.keys(config).length);
    for (const [key, value] of Object.entries(config)) body.string(key).string(value);
  }
  body.int32(timeout).parts.push(Buffer.from([0]));
  const answer = await request(address, CREATE_TOPICS, 2, body.bytes(), timeout + 1_000);
  answer.int32();
  const results = answer.array(() => ({ name: answer.string(), error: answer.int16(), message: answer.string() }));
  const failed = results.filter(({ error }) => error !== 0 && error !== TOPIC_ALREADY_EXISTS);
  if (failed.length > 0) {
    throw new Error(
      failed.map(({ name, error, message }) => `topic ${name}: ${message ?? 'error'} (code ${error})`).join('; '),
    );
  }
  return results.filter(({ error }) => error === 0).map(({ name }) => /** @type {string} */ (name));
}

/** Ready means: the broker has registered with its controller and answers clients. */
export async function isReady(address) {
  try {
    const { brokers, controller } = await metadata(address);
    return brokers.length > 0 && controller >= 0;
  } catch {
    return false;
  }
}
