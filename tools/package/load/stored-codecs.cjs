// Which compression the batches of a partition have as they lie in the broker: a Fetch request by hand, because every
// client library hands out what it has unpacked already. (Kafka's protocol, Fetch version 4, record batches of format 2.)

const { connect } = require('node:net');

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const FETCH = 1;
const FETCH_VERSION = 4;

/**
 * @param {string} address  host:port of the partition's leader
 * @param {string} topic    partition 0 of it is read from its start
 * @param {number} [timeout] milliseconds
 * @returns {Promise<string[]>} one name for each batch
 */
async function storedCodecs(address, topic, timeout = 20_000) {
  const answer = await exchange(address, fetchRequest(topic), timeout);
  return codecsOf(recordsOf(answer));
}

function fetchRequest(topic) {
  const name = Buffer.from(topic);
  const body = Buffer.concat([
    header('load-check'),
    // replica, wait for at most 1 s, for 1 byte, take at most 8 MB, read uncommitted
    int32(-1),
    int32(1_000),
    int32(1),
    int32(8 << 20),
    Buffer.from([0]),
    int32(1),
    int16(name.length),
    name,
    int32(1),
    // partition 0, offset 0, at most 8 MB
    int32(0),
    int32(0),
    int32(0),
    int32(8 << 20),
  ]);
  return Buffer.concat([int32(body.length), body]);
}

function header(clientId) {
  const id = Buffer.from(clientId);
  return Buffer.concat([int16(FETCH), int16(FETCH_VERSION), int32(1), int16(id.length), id]);
}

/** The bytes of partition 0's batches. */
function recordsOf(answer) {
  // length, correlation id, throttle time, number of topics
  let at = 4 + 4 + 4 + 4;
  at += 2 + answer.readInt16BE(at);
  // number of partitions, partition
  at += 4 + 4;
  const error = answer.readInt16BE(at);
  if (error !== 0) throw new Error(`the broker answered a fetch with error ${error}`);
  // error, high watermark, last stable offset
  at += 2 + 8 + 8;
  at += 4 + Math.max(0, answer.readInt32BE(at)) * 16;
  const length = answer.readInt32BE(at);
  return answer.subarray(at + 4, at + 4 + Math.max(0, length));
}

function codecsOf(records) {
  const found = [];
  // base offset (8), length (4), leader epoch (4), magic (1), checksum (4), attributes (2): the codec is in three bits.
  for (let at = 0; at + 23 <= records.length; at += 12 + records.readInt32BE(at + 8)) {
    found.push(CODECS[records.readInt16BE(at + 21) & 7] ?? 'unknown');
  }
  return found;
}

function exchange(address, frame, timeout) {
  const colon = address.lastIndexOf(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    let got = Buffer.alloc(0);
    socket.setTimeout(timeout, () => socket.destroy(new Error(`${address} did not answer in ${timeout} ms`)));
    socket.on('connect', () => socket.write(frame));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`${address} closed the connection without an answer`)));
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (got.length < 4 || got.length < 4 + got.readInt32BE(0)) return;
      resolve(got);
      socket.destroy();
    });
  });
}

function int16(value) {
  const part = Buffer.alloc(2);
  part.writeInt16BE(value);
  return part;
}

function int32(value) {
  const part = Buffer.alloc(4);
  part.writeInt32BE(value);
  return part;
}

module.exports = { CODECS, storedCodecs };
