// RecordPacker: what is no message is a typed error that says what is wrong, and never bytes that nobody gave.

import { KafkaValidationError, type Message } from '@/lib/kafka';
import { RecordPacker } from '@/lib/kafka/records';
import { unpack } from '../support/packed';
import { thrown } from '../support/until';

const where = () => 'message 3 for orders';

function refused(message: unknown): KafkaValidationError {
  const packer = new RecordPacker();
  packer.message(7, { value: 'before' }, where);
  const mark = packer.mark();
  const error = thrown(() => packer.message(7, message as Message, where));
  packer.rollback(mark);
  expect(unpack(packer).map(({ value }) => String(value))).toEqual(['before']);
  expect(error).toBeInstanceOf(KafkaValidationError);
  expect(error).toMatchObject({ code: 'ERR_KAFKA_INVALID_ARGUMENT', retriable: false, fatal: false });
  expect(error.message).toContain('message 3 for orders');
  return error;
}

class Custom {
  value = 1;
}

const JUNK: [string, unknown][] = [
  ['a number', 1],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-0', -0],
  ['a BigInt', 1n],
  ['a symbol', Symbol('s')],
  ['a function', () => 'x'],
  ['a boolean', true],
  ['a Date', new Date()],
  ['a Map', new Map([['a', 'b']])],
  ['a boxed string', Object('x')],
  ['a plain object', {}],
  ['an instance', new Custom()],
  ['an array', ['x']],
  ['an ArrayBuffer', new ArrayBuffer(2)],
  ['a DataView', new DataView(new ArrayBuffer(2))],
  ['a Float64Array', new Float64Array(1)],
  ['a Uint16Array', new Uint16Array(1)],
  ['an object that claims to be a Uint8Array', Object.create(Uint8Array.prototype)],
  ['a Proxy of a Buffer', new Proxy(Buffer.from('x'), {})],
];

describe.each(JUNK)('%s', (_, junk) => {
  test('is no key', () => {
    expect(refused({ key: junk, value: 'v' }).message).toMatch(/key must be a string, a Buffer or null/);
  });

  test('is no value', () => {
    expect(refused({ value: junk }).message).toMatch(/value must be a string, a Buffer or null/);
  });

  test('is no value of a header', () => {
    if (Array.isArray(junk)) return expect(refused({ value: 'v', headers: { h: [junk] } }).message).toContain("'h'");
    expect(refused({ value: 'v', headers: { h: junk } }).message).toContain("header 'h'");
    expect(refused({ value: 'v', headers: { h: ['fine', junk] } }).message).toContain("header 'h'");
  });
});

test.each(JUNK.filter(([name]) => !/plain object|claims to be/.test(name)))('%s is no set of headers', (_, junk) => {
  expect(refused({ value: 'v', headers: junk }).message).toMatch(/header/);
});

test.each(['text', '', new Set(['a']), Buffer.alloc(0)])('%p is no set of headers', (junk) => {
  expect(refused({ value: 'v', headers: junk }).message).toMatch(/headers must be an object/);
});

test.each([undefined, null, 1, 'text', true, 1n, Symbol('s'), () => {}])('%p is no message', (junk) => {
  expect(refused(junk).message).toMatch(/must be an object with a value/);
});

test.each([[{}], [{ key: 'k' }], [{ value: undefined }], [new Map([['value', 'v']])], [[]]])(
  '%p has no value',
  (junk) => {
    expect(refused(junk).message).toMatch(/has no value.*null for a tombstone/);
  },
);

const JUNK_PARTITIONS = [
  -1,
  -5,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 31,
  '0',
  '',
  true,
  0n,
  {},
  [0],
  new Date(0),
];
test.each(JUNK_PARTITIONS)('partition %p is refused', (partition) => {
  expect(refused({ value: 'v', partition }).message).toMatch(/partition must be a whole number/);
});

const JUNK_TIMES = [
  '',
  'abc',
  '-1',
  '1.5',
  '1e3',
  ' 1',
  '0x10',
  '253402300800000',
  '9'.repeat(400),
  '9007199254740993',
];
const JUNK_TIME_TYPES = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, true, 5n, {}, new Date()];
test.each([...JUNK_TIMES, ...JUNK_TIME_TYPES])('timestamp %p is refused', (timestamp) => {
  expect(refused({ value: 'v', timestamp }).message).toMatch(/timestamp must be/);
});

test('timestamp 0, which librdkafka would silently take for now, is refused', () => {
  expect(refused({ value: 'v', timestamp: '0' }).message).toMatch(/timestamp must be/);
});

describe('memory that is gone', () => {
  test('a view of a detached ArrayBuffer', () => {
    const value = new Uint8Array(16).fill(1);
    structuredClone(value.buffer, { transfer: [value.buffer] });
    expect(refused({ value }).message).toMatch(/detached/);
  });

  test('a view that a shrunk ArrayBuffer no longer covers', () => {
    const buffer = new (ArrayBuffer as any)(16, { maxByteLength: 16 });
    const value = new Uint8Array(buffer, 8, 8);
    buffer.resize(4);
    expect(refused({ key: value, value: 'v' }).message).toMatch(/detached|shrunk/);
  });
});

test.each([0, 1, 3, 2 ** 31, 2 ** 32, Number.NaN, -1, 'x'])(
  'a Buffer that claims %p bytes gives those that it has',
  (claim) => {
    const value = Buffer.from('12345678');
    Object.defineProperties(value, {
      byteLength: { value: claim },
      length: { value: claim },
      byteOffset: { value: 99 },
    });
    const packer = new RecordPacker();
    packer.message(7, { value, headers: { h: value } }, where);
    const [record] = unpack(packer);
    expect(String(record?.value)).toBe('12345678');
    expect(String(record?.headers[0]?.[1])).toBe('12345678');
  },
);

test('more than 1 GiB in one crossing is refused before memory is asked for', () => {
  const packer = new RecordPacker();
  const value = new Uint8Array(2 ** 31 - 1);
  const error = thrown(() => packer.message(7, { value: value as Buffer }, where));
  expect(error).toBeInstanceOf(KafkaValidationError);
  expect(error).toMatchObject({ code: 'ERR_KAFKA_BATCH_TOO_LARGE' });
});
