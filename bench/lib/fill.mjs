// Writes the topics that the consumers read: in one process, once, for all of them.
//
//   KAFKA_BROKER=host:port node bench/lib/fill.mjs <options as JSON>

import { producer } from '../adapters/kafka4.mjs';
import { ofWritten } from './digest.mjs';
import { sends } from './payloads.mjs';

const { topics, partitions, messages, read, ...shape } = JSON.parse(process.argv[2]);
const BATCH = 1_000;
const IN_FLIGHT = 16;

const pool = sends({ ...shape, batch: BATCH }).map((records) => ({
  records,
  digests: records.map((record) => ofWritten(read, record)),
}));
const client = await producer();
// Each partition gets the same number, in batches as large as there are messages for them: none is read alone at the end.
const lanes = topics.length * partitions;
const size = Math.max(1, Math.min(BATCH, Math.floor(messages / lanes)));
let next = 0;
let checksum = 0;
const lane = async () => {
  while (next * size < messages) {
    const number = next;
    next += 1;
    const { records, digests } = pool[number % pool.length];
    const count = Math.min(size, messages - number * size);
    for (let i = 0; i < count; i++) checksum += digests[i];
    const partition = Math.floor(number / topics.length) % partitions;
    await client.send(
      topics[number % topics.length],
      records.slice(0, count).map((record) => ({ ...record, partition })),
    );
  }
};
await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
await client.close();
process.stdout.write(`${JSON.stringify({ messages, checksum })}\n`);
