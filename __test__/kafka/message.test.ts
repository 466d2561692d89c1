// The decoder of slabs by itself: memory in, messages out.

import { inspect } from 'node:util';
import { KafkaSerializationError } from '@/lib/kafka';
import { Slab, SlabMessage } from '@/lib/kafka/message';

interface Given {
  offset?: number;
  timestamp?: number;
  key?: Buffer | null;
  value?: Buffer | null;
  headers?: [string, Buffer | null][];
  lane?: number;
  logAppend?: boolean;
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function packHeaders(headers: [string, Buffer | null][]): Buffer {
  const parts = headers.flatMap(([name, value]) => {
    const bytes = Buffer.from(name);
    return [int(bytes.length), bytes, int(value === null ? -1 : value.length), value ?? Buffer.alloc(0)];
  });
  return Buffer.concat(parts);
}

/** The layout that core/src/consume/slab.rs writes. */
function pack(given: Given[]): Slab {
  const data = given.map(({ key = null, value = null, headers = [] }) => ({
    key,
    value,
    packed: packHeaders(headers),
  }));
  let at = given.length * 40;
  const size = at + data.reduce((sum, d) => sum + (d.key?.length ?? 0) + (d.value?.length ?? 0) + d.packed.length, 0);
  const buffer = new ArrayBuffer(size);
  const times = new Float64Array(buffer, 0, given.length * 2);
  const index = new Int32Array(buffer, given.length * 16, given.length * 6);
  const bytes = Buffer.from(buffer);
  data.forEach(({ key, value, packed }, i) => {
    const { offset = i, timestamp = 0, lane = 0, logAppend = false } = given[i] as Given;
    times.set([offset, timestamp], i * 2);
    index.set([at, key?.length ?? -1, value?.length ?? -1, packed.length, lane, logAppend ? 1 : 0], i * 6);
    for (const part of [key, value, packed]) {
      if (part === null) continue;
      part.copy(bytes, at);
      at += part.length;
    }
  });
  return new Slab(buffer, given.length);
}

function message(given: Given): SlabMessage {
  // Between two others, so that a reader past its own borders is seen.
  const other: Given = { key: Buffer.from('#'), value: Buffer.from('##'), headers: [['#', Buffer.from('#')]] };
  return new SlabMessage(pack([other, given, other]), 1);
}

test('key and value are Buffers with exactly their bytes', () => {
  const key = Buffer.from([0, 1, 255, 0]);
  const value = Buffer.from('grüße 🌍');
  const read = message({ key, value });
  expect(Buffer.isBuffer(read.key) && Buffer.isBuffer(read.value)).toBe(true);
  expect(read.key).toEqual(key);
  expect(read.value).toEqual(value);
  expect(read.value?.toString()).toBe('grüße 🌍');
});

test('null and empty are told apart, for key and for value', () => {
  const empty = Buffer.alloc(0);
  const cases = [
    { key: null, value: null },
    { key: empty, value: null },
    { key: null, value: empty },
    { key: empty, value: empty },
  ];
  for (const given of cases) {
    const { key, value } = message(given);
    expect({ key, value }).toEqual(given);
  }
});

test('offset and timestamp are decimal strings, however large', () => {
  const read = (offset: number, timestamp: number) => {
    const { offset: o, timestamp: t } = message({ offset, timestamp });
    return [o, t];
  };
  expect(read(0, 0)).toEqual(['0', '0']);
  expect(read(2 ** 31, 1_795_000_000_123)).toEqual(['2147483648', '1795000000123']);
  expect(read(Number.MAX_SAFE_INTEGER, -1)).toEqual(['9007199254740991', '-1']);
});

test('headers come as an object of Buffers; a repeated name is a list in its order', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((text) => Buffer.from(text));
  const { headers, headerList } = message({
    headers: [
      ['x', a!],
      ['y', b!],
      ['x', c!],
      ['x', a!],
    ],
  });
  expect(headers).toEqual({ x: [a, c, a], y: b });
  expect(Object.keys(headers)).toEqual(['x', 'y']);
  expect(headerList).toEqual([
    ['x', a],
    ['y', b],
    ['x', c],
    ['x', a],
  ]);
});

test('headers without value, with an empty value or an empty name are kept as they are', () => {
  const list: [string, Buffer | null][] = [
    ['none', null],
    ['empty', Buffer.alloc(0)],
    ['', Buffer.from('v')],
    ['ключ', Buffer.from([255])],
  ];
  expect(message({ headers: list }).headerList).toEqual(list);
  expect(message({ headers: list }).headers).toEqual(Object.fromEntries(list));
  expect(
    message({
      headers: [
        ['n', null],
        ['n', null],
      ],
    }).headers,
  ).toEqual({ n: [null, null] });
});

test('a header cannot change the prototype of the object', () => {
  const value = Buffer.from('evil');
  const { headers } = message({
    headers: [
      ['__proto__', value],
      ['constructor', value],
      ['toString', value],
    ],
  });
  expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  expect(Object.keys(headers)).toEqual(['__proto__', 'constructor', 'toString']);
  expect(Object.getOwnPropertyDescriptor(headers, '__proto__')?.value).toEqual(value);
  expect(({} as Record<string, unknown>).evil).toBeUndefined();
});

test('a message without headers has an empty object', () => {
  expect(message({}).headers).toEqual({});
  expect(message({}).headerList).toEqual([]);
});

test('text() is the value as UTF-8, null for a tombstone', () => {
  expect(message({ key: Buffer.from('kk'), value: Buffer.from('"ä"') }).text()).toBe('"ä"');
  expect(message({ value: Buffer.alloc(0) }).text()).toBe('');
  expect(message({ value: null }).text()).toBeNull();
  expect(message({ value: Buffer.from([0xff, 0x41]) }).text()).toBe('\ufffdA');
});

test('json() parses the value, null for a tombstone', () => {
  expect(message({ value: Buffer.from('{"a":[1,"2",null]}') }).json()).toEqual({ a: [1, '2', null] });
  expect(message({ value: Buffer.from('null') }).json()).toBeNull();
  expect(message({ value: null }).json()).toBeNull();
});

test('json() of something else throws a KafkaSerializationError that names the offset', () => {
  for (const value of ['', '{"a":', 'undefined', '\u0000', '{"__proto__":{"polluted":1}']) {
    const read = message({ offset: 77, value: Buffer.from(value) });
    expect(() => read.json()).toThrow(KafkaSerializationError);
    expect(() => read.json()).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_KAFKA_/), details: { offset: '77' } }),
    );
  }
  expect(message({ value: Buffer.from('{"__proto__":{"polluted":1}}') }).json()).not.toHaveProperty('polluted');
});

test('key and value are views over the slab, copy() has memory of its own with the same content', () => {
  const given = {
    offset: 9,
    timestamp: 5,
    key: Buffer.from('k'),
    value: Buffer.from('vv'),
    headers: [['h', null]] as [string, null][],
    logAppend: true,
  };
  const slab = pack([{ value: Buffer.alloc(1000) }, given]);
  const view = new SlabMessage(slab, 1);
  const copy = view.copy();
  expect(view.value?.buffer).toBe(slab.bytes.buffer);
  expect(copy.value?.buffer).not.toBe(slab.bytes.buffer);
  expect(copy.value?.buffer.byteLength).toBeLessThan(200);
  const shown = JSON.stringify(view);
  slab.bytes.fill(0);
  expect(JSON.stringify(copy)).toBe(shown);
  expect(JSON.stringify(copy.copy())).toBe(shown);
  expect(copy).toMatchObject({ offset: '9', timestamp: '5', attributes: 8, headerList: [['h', null]] });
});

test('a copy of a message with null key and value is the same', () => {
  const copy = message({ offset: 3 }).copy();
  expect([copy.key, copy.value, copy.offset, copy.headers, copy.text()]).toEqual([null, null, '3', {}, null]);
});

test('attributes tell by bit 3 whether the broker set the time', () => {
  expect(message({}).attributes).toBe(0);
  expect(message({ logAppend: true }).attributes).toBe(8);
});

test('loggers see what KafkaJS shows', () => {
  const read = message({
    offset: 1,
    timestamp: 2,
    key: null,
    value: Buffer.from('v'),
    headers: [['h', Buffer.from('x')]],
  });
  const shown = {
    key: null,
    value: Buffer.from('v'),
    timestamp: '2',
    attributes: 0,
    offset: '1',
    headers: { h: Buffer.from('x') },
  };
  expect(read.toJSON()).toEqual(shown);
  expect(inspect(read)).toBe(inspect(shown));
});

test('any mix of messages is read back as it was packed', () => {
  let seed = 4;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  const bytes = (): Buffer | null =>
    random(4) === 0 ? null : Buffer.from(Array.from({ length: random(40) }, () => random(256)));
  const given: Given[] = Array.from({ length: 1_000 }, (_, i) => ({
    offset: i * 3,
    timestamp: random(2 ** 31),
    key: bytes(),
    value: bytes(),
    headers: Array.from({ length: random(5) }, () => [`h${random(3)}`, bytes()] as [string, Buffer | null]),
    lane: random(7),
    logAppend: random(2) === 1,
  }));
  const slab = pack(given);
  given.forEach((wanted, i) => {
    const read = new SlabMessage(slab, i);
    const { key, value, headerList } = read;
    expect([read.offset, read.timestamp, slab.lane(i)]).toEqual([
      String(wanted.offset),
      String(wanted.timestamp),
      wanted.lane,
    ]);
    expect({ key, value, headerList }).toEqual({ key: wanted.key, value: wanted.value, headerList: wanted.headers });
  });
});
