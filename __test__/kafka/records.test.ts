// RecordPacker: messages become bytes, exactly once and exactly as given.

import type { Message } from '@/lib/kafka';
import { RecordPacker } from '@/lib/kafka/records';
import { unpack } from '../support/packed';

const where = () => 'message 0 for t';

function pack(...messages: unknown[]): RecordPacker {
  const packer = new RecordPacker();
  for (const message of messages) packer.message(7, message as Message, where);
  return packer;
}

/** The one record that a message becomes. */
const packed = (message: unknown) => unpack(pack(message))[0]!;

describe('a message is packed as it was given', () => {
  test('strings and Buffers are the same bytes', () => {
    const text = packed({ key: 'schlüssel', value: 'wert ✓' });
    const bytes = packed({ key: Buffer.from('schlüssel'), value: Buffer.from('wert ✓') });
    expect(text).toEqual(bytes);
    expect(text.key?.toString()).toBe('schlüssel');
    expect(text).toMatchObject({ topic: 7, partition: -1, headers: [], timestamp: 0 });
  });

  test('null and empty are different things, for keys and for values', () => {
    expect(packed({ key: null, value: null })).toMatchObject({ key: null, value: null });
    expect(packed({ value: '' })).toMatchObject({ key: null, value: Buffer.alloc(0) });
    expect(packed({ key: '', value: Buffer.alloc(0) })).toMatchObject({ key: Buffer.alloc(0), value: Buffer.alloc(0) });
  });

  test.each([
    ['a Uint8Array', new Uint8Array([1, 2, 3])],
    ['a slice of a bigger buffer', Buffer.from([0, 1, 2, 3, 4]).subarray(1, 4)],
    ['a Buffer of the pool', Buffer.from([1, 2, 3])],
    ['a view of a SharedArrayBuffer', new Uint8Array(new SharedArrayBuffer(3)).fill(9)],
    ['a view of a resizable ArrayBuffer', new Uint8Array(new (ArrayBuffer as any)(3, { maxByteLength: 8 }))],
  ])('%s gives its own bytes only', (_, value) => {
    expect([...packed({ value }).value!]).toEqual([...value]);
  });

  test('an array of another realm is an array', () => {
    const { runInNewContext } = require('node:vm') as typeof import('node:vm');
    expect([...packed({ value: runInNewContext('new Uint8Array([5, 6])') }).value!]).toEqual([5, 6]);
  });

  test.each([
    ['a NUL', 'a\0b', 'a\0b'],
    ['a byte order mark', '\uFEFFa', '\uFEFFa'],
    ['right-to-left text', 'שלום', 'שלום'],
    ['an emoji', '👩‍🚀', '👩‍🚀'],
    ['a lone surrogate', 'a\uD800b', 'a\uFFFDb'],
  ])('%s in a string', (_, given, stored) => {
    // The name of a header cannot hold a NUL (fuzz/regressions.test.ts).
    const name = given.replace('\0', '');
    const record = packed({ key: given, value: given, headers: { [name]: given } });
    expect(record.key?.toString()).toBe(stored);
    expect(record.value?.toString()).toBe(stored);
    expect(record.headers).toEqual([[stored.replace('\0', ''), Buffer.from(stored)]]);
  });

  test('headers keep order, repetition, null and binary values; undefined is no header', () => {
    const headers = { b: 'x', a: ['1', Buffer.from([0xff, 0]), '1'], none: null, gone: undefined, '': '', c: [] };
    expect(packed({ value: 'v', headers }).headers).toEqual([
      ['b', Buffer.from('x')],
      ['a', Buffer.from('1')],
      ['a', Buffer.from([0xff, 0])],
      ['a', Buffer.from('1')],
      ['none', null],
      ['', Buffer.alloc(0)],
    ]);
  });

  test('headers may be called like properties of every object', () => {
    const headers = JSON.parse('{"__proto__":"p","constructor":"c","toString":"t","1":"n"}');
    expect(packed({ value: 'v', headers }).headers.map(([name, value]) => `${name}=${value}`)).toEqual([
      '1=n',
      '__proto__=p',
      'constructor=c',
      'toString=t',
    ]);
  });

  test('partition and timestamp', () => {
    expect(packed({ value: 'v', partition: 0, timestamp: '1790000000123' })).toMatchObject({
      partition: 0,
      timestamp: 1790000000123,
    });
    expect(packed({ value: 'v', partition: 2147483647, timestamp: '253402300799999' })).toMatchObject({
      partition: 2147483647,
      timestamp: 253402300799999,
    });
    expect(packed({ value: 'v', timestamp: '1' }).timestamp).toBe(1);
    expect(packed({ value: 'v', partition: null, timestamp: null })).toMatchObject({ partition: -1, timestamp: 0 });
  });
});

describe('growth loses nothing', () => {
  // The first slab has 64 KiB: every place where a part can meet its end is tried.
  test.each(['key', 'value', 'header name', 'header value'])('a %s at the end of the slab', (part) => {
    const size = 64 * 1024;
    for (let room = 0; room <= 12; room += 1) {
      const filler = Buffer.alloc(size - room, 1);
      const headers = {
        [part === 'header name' ? 'name'.repeat(30) : 'n']: part === 'header value' ? 'v'.repeat(100) : 'v',
      };
      const message = {
        key: part === 'key' ? 'k'.repeat(100) : 'k',
        value: part === 'value' ? 'w'.repeat(100) : 'w',
        headers,
      };
      const [, record] = unpack(pack({ value: filler }, message));
      const read = {
        key: String(record!.key),
        value: String(record!.value),
        headers: record!.headers.map(([n, v]) => [n, String(v)]),
      };
      expect({ room, ...read }).toEqual({ room, ...message, headers: Object.entries(headers) });
    }
  });

  test('10,000 headers on one message', () => {
    const headers = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`header-${i}`, `value-${i}`]));
    expect(packed({ value: 'v', headers }).headers.map(([name, value]) => [name, String(value)])).toEqual(
      Object.entries(headers),
    );
  });

  test('many messages, and a 50 MiB string', () => {
    const many = Array.from({ length: 5_000 }, (_, i) => ({ key: `k${i}`, value: `v${i}`.repeat(i % 50) }));
    expect(unpack(pack(...many)).map(({ key, value }) => ({ key: String(key), value: String(value) }))).toEqual(many);
    const big = 'é'.repeat(25 * 1024 * 1024);
    expect(packed({ value: big }).value?.length).toBe(50 * 1024 * 1024);
  });

  test('after clear() the packer starts anew, after rollback() where the mark was', () => {
    const packer = pack({ value: 'first' });
    const mark = packer.mark();
    packer.message(7, { value: 'second' }, where);
    packer.rollback(mark);
    packer.message(7, { value: 'third' }, where);
    expect(unpack(packer).map(({ value }) => String(value))).toEqual(['first', 'third']);
    packer.clear();
    expect([packer.records, packer.bytes]).toEqual([0, 0]);
    packer.message(7, { value: 'fourth' }, where);
    expect(unpack(packer).map(({ value }) => String(value))).toEqual(['fourth']);
  });
});
