// Which partition a message goes to.

import type { PartitionerArgs, Producer } from 'kafkajs';
import { readAll } from '../support/kafkajs-reader';
import { both, rejectionOf } from './support/both';

const KEYS = Array.from({ length: 60 }, (_, i) => `key-${i}`);

/** `value`, partition of what is stored. */
async function stored(topic: string, count: number): Promise<[string, number][]> {
  const found = await readAll(topic, count);
  return found.map(({ value, partition }): [string, number] => [String(value), partition]).sort();
}

both('partitions of keys', (lib) => {
  test.each(['DefaultPartitioner', 'LegacyPartitioner', 'JavaCompatiblePartitioner', undefined] as const)(
    '%s: the same as its function says',
    async (name) => {
      const createPartitioner = name && lib.exports.Partitioners[name];
      const producer = await lib.open(lib.kafka().producer({ createPartitioner }));
      const topic = await lib.topic('keys', 7);
      await producer.send({ topic, messages: KEYS.map((key) => ({ key, value: key })) });
      // Another send: by now partitions are chosen before the hand-over to librdkafka.
      await producer.send({ topic, messages: KEYS.map((key) => ({ key, value: `${key}-again` })) });
      const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({ partitionId, leader: 1 }));
      const choose = (createPartitioner ?? lib.exports.Partitioners.DefaultPartitioner)();
      const expected = KEYS.flatMap((key): [string, number][] => {
        const args = { topic, partitionMetadata, message: { key, value: '' } } as unknown as PartitionerArgs;
        return [
          [key, choose(args)],
          [`${key}-again`, choose(args)],
        ];
      });
      expect(await stored(topic, 2 * KEYS.length)).toEqual(expected.sort());
    },
  );

  test('without key messages go round all partitions', async () => {
    const producer = await lib.open(lib.kafka().producer());
    const topic = await lib.topic('round', 4);
    await producer.send({ topic, messages: Array.from({ length: 8 }, (_, i) => ({ value: String(i) })) });
    await producer.send({ topic, messages: Array.from({ length: 8 }, (_, i) => ({ value: `x${i}` })) });
    const counts = new Map<number, number>();
    for (const [, partition] of await stored(topic, 16)) counts.set(partition, (counts.get(partition) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([0, 1, 2, 3]);
    expect([...counts.values()]).toEqual([4, 4, 4, 4]);
  });

  test('without key single sends go round, too', async () => {
    const producer = await lib.open(lib.kafka().producer());
    const topic = await lib.topic('singles', 3);
    const partitions: number[] = [];
    for (let i = 0; i < 6; i++) {
      const [metadata] = await producer.send({ topic, messages: [{ value: String(i) }] });
      partitions.push(metadata?.partition as number);
    }
    expect([...new Set(partitions)].sort()).toEqual([0, 1, 2]);
  });

  test('the partition of a message wins over its key', async () => {
    const producer = await lib.open(lib.kafka().producer());
    const topic = await lib.topic('explicit', 3);
    await producer.send({
      topic,
      messages: [0, 1, 2].map((partition) => ({ key: 'same', value: `${partition}`, partition })),
    });
    expect(await stored(topic, 3)).toEqual([
      ['0', 0],
      ['1', 1],
      ['2', 2],
    ]);
  });
});

both('a partitioner of the application', (lib) => {
  const open = (partitioner: (args: PartitionerArgs) => number): Promise<Producer> =>
    lib.open(lib.kafka().producer({ createPartitioner: () => partitioner }));

  test('chooses', async () => {
    const producer = await open(({ message }) => Number(message.key));
    const topic = await lib.topic('own', 4);
    await producer.send({ topic, messages: [3, 1, 2, 3].map((n, i) => ({ key: String(n), value: `${i}` })) });
    expect(await stored(topic, 4)).toEqual([
      ['0', 3],
      ['1', 1],
      ['2', 2],
      ['3', 3],
    ]);
  });

  test('is made once, and called for each message with topic, partitions and the message itself', async () => {
    const seen: PartitionerArgs[] = [];
    let made = 0;
    const producer = await lib.open(
      lib.kafka().producer({
        createPartitioner: () => {
          made += 1;
          return (args) => {
            seen.push(args);
            return 0;
          };
        },
      }),
    );
    const topic = await lib.topic('args', 2);
    const messages = [
      { key: 'a', value: '1', headers: { h: 'x' } },
      { key: 'b', value: '2' },
    ];
    await producer.send({ topic, messages });
    await producer.send({ topic, messages });
    expect(made).toBe(1);
    expect(seen.map((args) => args.topic)).toEqual([topic, topic, topic, topic]);
    expect(seen[0]?.message).toBe(messages[0]);
    expect(seen[1]?.message).toBe(messages[1]);
    const metadata = seen[0]?.partitionMetadata ?? [];
    expect([...metadata].sort((a, b) => a.partitionId - b.partitionId)).toEqual(
      [0, 1].map((partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader: expect.any(Number),
        replicas: [expect.any(Number)],
        isr: [expect.any(Number)],
        offlineReplicas: [],
      })),
    );
  });

  test('is asked for messages that name a partition, too', async () => {
    const producer = await open(() => 1);
    const topic = await lib.topic('asked', 2);
    await producer.send({ topic, messages: [{ value: 'x', partition: 0 }] });
    expect(await stored(topic, 1)).toEqual([['x', 1]]);
  });

  class OwnError extends Error {}

  test.each([
    ['an error of its own class', new OwnError('no idea')],
    ['an error of Node', new RangeError('no idea')],
    ['a text', 'no idea'],
    ['a number', 7],
  ])('%s that it throws rejects the send as it is', async (_, thrown) => {
    const producer = await open(() => {
      throw thrown;
    });
    const topic = await lib.topic('throws', 2);
    const messages = [{ value: 'x' }];
    expect(await rejectionOf(producer.send({ topic, messages }))).toBe(thrown);
    expect(await rejectionOf(producer.sendBatch({ topicMessages: [{ topic, messages }] }))).toBe(thrown);
  });

  test('may call the default one', async () => {
    const fallback = lib.exports.Partitioners.DefaultPartitioner();
    const producer = await open((args) => (args.message.key === 'special' ? 0 : fallback(args)));
    const topic = await lib.topic('fallback', 5);
    await producer.send({
      topic,
      messages: [
        { key: 'special', value: 's' },
        { key: 'key-1', value: 'k' },
      ],
    });
    const partitionMetadata = Array.from({ length: 5 }, (_, partitionId) => ({ partitionId, leader: 1 }));
    const other = fallback({
      topic,
      partitionMetadata,
      message: { key: 'key-1', value: '' },
    } as unknown as PartitionerArgs);
    expect(await stored(topic, 2)).toEqual([
      ['k', other],
      ['s', 0],
    ]);
  });

  test('gets the topic of each entry of a batch', async () => {
    const topics: string[] = [];
    const producer = await open(({ topic }) => {
      topics.push(topic);
      return 0;
    });
    const [a, b] = [await lib.topic('a'), await lib.topic('b')];
    await producer.sendBatch({
      topicMessages: [
        { topic: a, messages: [{ value: '1' }] },
        { topic: b, messages: [{ value: '2' }] },
      ],
    });
    expect(topics).toEqual([a, b]);
  });
});
