// Batches of records that lie in the log itself: with a wrong checksum, with counts that cannot be, compressed so that
// little becomes much. Written with requests of our own, since no client would.

import { connect } from 'node:net';
import { deflateRawSync, gzipSync } from 'node:zlib';

const MIB = 1024 * 1024;
const GZIP = 1;
const SNAPPY = 2;
const LZ4 = 3;
const ZSTD = 4;

/** What the batch becomes when it is unpacked. */
const BOMB_BYTES = 128 * MIB;

const int8 = (n) => Buffer.from([n & 0xff]);
const int16 = (n) => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(n);
  return bytes;
};
const int32 = (n) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(n | 0);
  return bytes;
};
const int64 = (n) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(n));
  return bytes;
};
const text = (string) => Buffer.concat([int16(string.length), Buffer.from(string)]);

/** Zigzag. */
function varint(n) {
  let left = (BigInt(n) << 1n) ^ (BigInt(n) >> 63n);
  left = BigInt.asUintN(64, left);
  const bytes = [];
  do {
    const low = Number(left & 0x7fn);
    left >>= 7n;
    bytes.push(left === 0n ? low : low | 0x80);
  } while (left !== 0n);
  return Buffer.from(bytes);
}

/** Plain, as snappy and others have it. */
function uvarint(n) {
  const bytes = [];
  for (; n >= 0x80; n = Math.floor(n / 128)) bytes.push((n % 128) | 0x80);
  return Buffer.from([...bytes, n]);
}

function record(value, { length, valueLength = value.length, headers = 0 } = {}) {
  const body = Buffer.concat([int8(0), varint(0), varint(0), varint(-1), varint(valueLength), value, varint(headers)]);
  return Buffer.concat([varint(length ?? body.length), body]);
}

const CASTAGNOLI = Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

function crc32c(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CASTAGNOLI[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const ROOM = 48;

/** A batch of format 2. */
function batch(content, { codec = 0, count = 1, lastDelta = count - 1, wrongCrc = false } = {}) {
  // Room for the mark of what lies in its place.
  const records = content.length < ROOM ? Buffer.concat([content, Buffer.alloc(ROOM - content.length)]) : content;
  const after = Buffer.concat([
    int16(codec),
    int32(lastDelta),
    int64(1_790_000_000_000),
    int64(1_790_000_000_000),
    int64(-1),
    int16(-1),
    int32(-1),
    int32(count),
    records,
  ]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE((crc32c(after) ^ (wrongCrc ? 1 : 0)) >>> 0);
  const rest = Buffer.concat([int32(0), int8(2), crc, after]);
  return Buffer.concat([int64(0), int32(rest.length), rest]);
}

/** Produce, version 3, acks 1. Resolves when the broker has answered. */
function produce({ host, port }, topic, partition, records) {
  const body = Buffer.concat([
    int16(-1),
    int16(1),
    int32(5_000),
    int32(1),
    text(topic),
    int32(1),
    int32(partition),
    int32(records.length),
    records,
  ]);
  const head = Buffer.concat([int16(0), int16(3), int32(1), text('bombs')]);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.on('error', reject);
    socket.on('data', (answer) => {
      socket.destroy();
      // Length, correlation id, topics, name, partitions, partition, error.
      const error = answer.readInt16BE(4 + 4 + 4 + 2 + topic.length + 4 + 4);
      if (error === 0) resolve(undefined);
      else reject(new Error(`the broker refused the batch: ${error}`));
    });
    socket.on('connect', () => socket.write(Buffer.concat([int32(head.length + body.length), head, body])));
  });
}

const MARK = Buffer.from('~~ a bomb lies here ~~');
/** Of a batch: where its records begin. */
const RECORDS_AT = 61;

/**
 * Puts a harmless batch of the same length into the topic, since a broker looks at what it stores; gives a function that
 * puts the bomb in its place wherever it comes in an answer. The base offset of a batch is the broker's.
 *
 * @param {{ host: string, port: number }} broker
 * @param {string} topic
 * @param {string} kind
 * @returns {Promise<(frame: Buffer) => Buffer | undefined>}
 */
export async function plant(broker, topic, kind) {
  const bomb = BOMBS[kind]();
  const room = bomb.length - RECORDS_AT;
  // The length of the value is itself a number of one to five bytes.
  let harmless = batch(record(MARK));
  for (let more = room - MARK.length; harmless.length !== bomb.length; more--) {
    harmless = batch(record(Buffer.concat([MARK, Buffer.alloc(more)])));
  }
  await produce(broker, topic, 0, harmless);
  const markAt = harmless.indexOf(MARK);
  return (frame) => {
    const found = frame.indexOf(MARK);
    if (found < markAt) return undefined;
    const copy = Buffer.from(frame);
    bomb.copy(copy, found - markAt + 8, 8);
    return copy;
  };
}

/** A value of zeros that is as large as the bomb, packed by gzip. */
let packed;
function gzipped() {
  packed ??= gzipSync(record(Buffer.alloc(BOMB_BYTES)), { level: 1 });
  return packed;
}

/** What lies in place of the harmless batch. @type {Record<string, () => Buffer>} */
export const BOMBS = {
  'batch with a wrong checksum': () => batch(record(Buffer.from('v')), { wrongCrc: true }),
  'negative number of records': () => batch(record(Buffer.from('v')), { count: -1, lastDelta: 0 }),
  'more records than there are': () => batch(record(Buffer.from('v')), { count: 2 ** 31 - 1, lastDelta: 0 }),
  'record longer than its batch': () => batch(record(Buffer.from('v'), { length: 2 ** 31 - 1 })),
  'record of negative length': () => batch(record(Buffer.from('v'), { length: -5 })),
  'value longer than its record': () => batch(record(Buffer.from('v'), { valueLength: 2 ** 30 })),
  'negative number of headers': () => batch(record(Buffer.from('v'), { headers: -1 })),
  'a billion headers': () => batch(record(Buffer.from('v'), { headers: 1_000_000_000 })),
  'gzip bomb': () => batch(gzipped(), { codec: GZIP }),
  'gzip that is none': () => batch(deflateRawSync(Buffer.alloc(1_000)), { codec: GZIP }),
  'gzip that is cut': () => batch(gzipped().subarray(0, 20_000), { codec: GZIP }),
  'snappy that claims 2 GiB': () =>
    batch(Buffer.concat([uvarint(2 ** 31 - 1), Buffer.from([0, 0x61])]), { codec: SNAPPY }),
  'snappy that claims 4 GiB': () =>
    batch(Buffer.concat([uvarint(2 ** 32 - 1), Buffer.from([0, 0x61])]), { codec: SNAPPY }),
  // Magic, version, a block that claims its size.
  'snappy of Java that claims 2 GiB': () =>
    batch(
      Buffer.concat([Buffer.from('82534e41505059000000000100000001', 'hex'), int32(2 ** 31 - 1), Buffer.from('x')]),
      { codec: SNAPPY },
    ),
  // Magic, a descriptor with the size of the content, that size, its checksum.
  'lz4 that claims an exbibyte': () =>
    batch(
      Buffer.concat([
        Buffer.from('04224d186840', 'hex'),
        Buffer.from('0000000000000010', 'hex'),
        Buffer.from([0x9d, 4, 0, 0, 0, 1, 2, 3, 4]),
      ]),
      { codec: LZ4 },
    ),
  'lz4 that is none': () => batch(Buffer.from('not a frame of lz4'), { codec: LZ4 }),
  // Magic, a descriptor with eight bytes of size.
  'zstd that claims an exbibyte': () =>
    batch(
      Buffer.concat([Buffer.from('28b52ffde0', 'hex'), Buffer.from('0000000000000010', 'hex'), Buffer.from([1, 0, 0])]),
      { codec: ZSTD },
    ),
  'zstd that is none': () => batch(Buffer.from('not a frame of zstd'), { codec: ZSTD }),
  'codec that does not exist': () => batch(record(Buffer.from('v')), { codec: 7 }),
};
