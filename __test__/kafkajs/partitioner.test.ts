// Partitioners give the partitions of kafkajs.

import { randomBytes } from 'node:crypto';
import * as kafkajs from 'kafkajs';
import * as kafka4 from '@/lib/index';
import { both } from './support/both';

const partitions = (count: number, leaderless: number[] = []): kafkajs.PartitionMetadata[] =>
  Array.from({ length: count }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: leaderless.includes(partitionId) ? -1 : 1,
    replicas: [1],
    isr: [1],
  }));

const KEYS: (string | Buffer)[] = [
  '',
  'a',
  'ab',
  'abc',
  'abcd',
  'abcde',
  'user-1',
  'ünïcödé',
  '日本語',
  '😀',
  'x'.repeat(1000),
  ...Array.from({ length: 200 }, (_, i) => `key-${i}`),
  ...Array.from({ length: 200 }, (_, i) => randomBytes(i % 40)),
];

describe.each(['DefaultPartitioner', 'LegacyPartitioner', 'JavaCompatiblePartitioner'] as const)('%s', (name) => {
  test.each([1, 3, 12, 100])('of %i partitions gives each key the one of kafkajs', (count) => {
    const [theirs, ours] = [kafkajs.Partitioners[name](), kafka4.Partitioners[name]()];
    const partitionMetadata = partitions(count);
    for (const key of KEYS) {
      const args = { topic: 't', partitionMetadata, message: { key, value: '' } };
      expect([key, ours(args)]).toEqual([key, theirs(args)]);
    }
  });
});

both('partitioners as functions', ({ exports }) => {
  describe.each(['DefaultPartitioner', 'LegacyPartitioner'] as const)('%s', (name) => {
    const choose = (message: Partial<kafkajs.Message>, metadata = partitions(5)): number =>
      exports.Partitioners[name]()({ topic: 't', partitionMetadata: metadata, message: { value: '', ...message } });

    test('takes the partition of the message first', () => {
      expect(choose({ partition: 4, key: 'a' })).toBe(4);
      expect(choose({ partition: 99, key: 'a' })).toBe(99);
    });

    test('goes round without key, from a random partition', () => {
      const partitioner = exports.Partitioners[name]();
      const chosen = Array.from({ length: 10 }, () =>
        partitioner({ topic: 't', partitionMetadata: partitions(5), message: { value: '' } }),
      );
      const first = chosen[0] as number;
      expect(chosen).toEqual(chosen.map((_, i) => (first + i) % 5));
    });

    test('counts for each topic', () => {
      const partitioner = exports.Partitioners[name]();
      const next = (topic: string): number =>
        partitioner({ topic, partitionMetadata: partitions(1000), message: { value: '' } });
      const [a, b] = [next('a'), next('b')];
      expect(next('a')).toBe((a + 1) % 1000);
      expect(next('b')).toBe((b + 1) % 1000);
    });

    test('without key leaves out partitions that have no leader', () => {
      const partitioner = exports.Partitioners[name]();
      for (let i = 0; i < 20; i++) {
        const args = { topic: 't', partitionMetadata: partitions(4, [0, 2]), message: { value: '' } };
        expect([1, 3]).toContain(partitioner(args));
      }
    });

    test('with key does not', () => {
      const all = choose({ key: 'abc' }, partitions(4));
      expect(choose({ key: 'abc' }, partitions(4, [0, 1, 2, 3]))).toBe(all);
    });

    test('gives some partition where none has a leader', () => {
      expect(choose({}, partitions(3, [0, 1, 2]))).toBeLessThan(3);
    });

    test('takes a number as key for its digits', () => {
      expect(choose({ key: 42 as unknown as string })).toBe(choose({ key: '42' }));
    });

    test('a key as string and as Buffer is the same', () => {
      expect(choose({ key: 'same' })).toBe(choose({ key: Buffer.from('same') }));
    });
  });
});
