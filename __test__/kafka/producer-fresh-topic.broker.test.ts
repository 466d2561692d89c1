// Topics that were created a moment ago, whose partitions the broker still loads: what is acknowledged is stored.

import { kafkaProducerService as producer, type RecordMetadata } from '@/lib/kafka';
import { useRealBroker } from '../support/broker';
import { endOffsets } from '../support/kafkajs-reader';
import { newTopic } from '../support/topics';

useRealBroker();

const ROUNDS = 40;
const PARTITIONS = 4;

test('no acknowledged message is lost, and each has the offset under which it is stored', async () => {
  const wrong: unknown[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const topic = await newTopic(PARTITIONS);
    const sent: Promise<RecordMetadata[]>[] = [];
    for (let i = 0; i < 60; i += 1) {
      sent.push(producer.publishBatch(topic, [{ value: `v${i}`, partition: (i * 7 + round) % PARTITIONS }]));
      // Several requests of each partition are on their way while the first ones are answered.
      if (i % 2 === 0) await new Promise(setImmediate);
      else if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, round % 3));
    }
    const acknowledged = (await Promise.all(sent)).map(([metadata]) => metadata!);
    const ends = await endOffsets(topic);
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const offsets = acknowledged.filter((at) => at.partition === partition).map((at) => Number(at.baseOffset));
      const told = offsets.sort((a, b) => a - b);
      const stored = Array.from({ length: ends[partition]! }, (_, offset) => offset);
      if (told.join() !== stored.join()) wrong.push({ round, partition, told: told.join(), stored: stored.length });
    }
  }
  expect(wrong).toEqual([]);
});
