// What the packages export, side by side.

import * as kafkajs from 'kafkajs';
import * as kafka4 from '@/lib/index';
import { both } from './support/both';

const ENUMS = [
  'logLevel',
  'CompressionTypes',
  'ConfigResourceTypes',
  'ConfigSource',
  'AclResourceTypes',
  'AclOperationTypes',
  'AclPermissionTypes',
  'ResourcePatternTypes',
] as const;

test('kafka4 has all 44 exports of kafkajs', () => {
  const names = Object.keys(kafkajs).filter((name) => name !== 'default' && name !== '__esModule');
  expect(names).toHaveLength(44);
  expect(names.filter((name) => !(name in kafka4))).toEqual([]);
});

test('the exports are of the same kind', () => {
  const kinds = (exports: Record<string, unknown>): Record<string, string> =>
    Object.fromEntries(
      Object.keys(kafkajs)
        .filter((name) => name !== 'default')
        .map((name) => [name, typeof exports[name]]),
    );
  expect(kinds(kafka4)).toEqual(kinds(kafkajs));
});

test.each(ENUMS)('%s has the names and values of kafkajs, and no others', (name) => {
  const entries = (exports: Record<string, object>): unknown => Object.entries(exports[name] as object).sort();
  expect(entries(kafka4)).toEqual(entries(kafkajs));
});

both('objects among the exports', ({ exports }) => {
  test('Partitioners', () => {
    expect(Object.keys(exports.Partitioners)).toEqual([
      'DefaultPartitioner',
      'LegacyPartitioner',
      'JavaCompatiblePartitioner',
    ]);
    expect(exports.Partitioners.JavaCompatiblePartitioner).toBe(exports.Partitioners.DefaultPartitioner);
  });

  test('CompressionCodecs can be written to, as programs do', () => {
    const codec = exports.CompressionCodecs[exports.CompressionTypes.Snappy];
    const own = () => ({});
    exports.CompressionCodecs[exports.CompressionTypes.Snappy] = own;
    expect(exports.CompressionCodecs[exports.CompressionTypes.Snappy]).toBe(own);
    exports.CompressionCodecs[exports.CompressionTypes.Snappy] = codec;
  });

  test('the gzip codec compresses and decompresses', async () => {
    const codec = exports.CompressionCodecs[exports.CompressionTypes.GZIP]();
    const packed: Buffer = await codec.compress({ buffer: Buffer.from('a'.repeat(1000)) });
    expect(packed.length).toBeLessThan(100);
    expect((await codec.decompress(packed)).toString()).toBe('a'.repeat(1000));
  });

  test.each([2, 3, 4] as const)('codec %i says that it is not there to be called', (type) => {
    expect(() => exports.CompressionCodecs[type]()).toThrow(exports.KafkaJSNotImplemented);
  });
});

test('both packages know what ConfigSource and the ACL enums mean by number', () => {
  expect(kafka4.ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG).toBe(6);
  expect(kafka4.AclOperationTypes.IDEMPOTENT_WRITE).toBe(12);
});
