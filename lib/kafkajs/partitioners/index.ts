/**
 * KafkaJS's partitioners as functions, for programs that call them. A producer with the default one does not: the core
 * computes the same (core/src/produce/partitioner.rs).
 */
import { randomInt } from 'node:crypto';
import type { ICustomPartitioner } from '../producer/types.js';
import { legacyMurmur2, murmur2 } from './murmur2.js';

const positive = (value: number): number => value & 0x7fffffff;

/** The partition of the message, else the hash of its key, else the next partition that has a leader. */
function partitioner(hash: (bytes: Uint8Array) => number): ICustomPartitioner {
  return () => {
    const last = new Map<string, number>();
    return ({ topic, partitionMetadata, message: { partition, key } }) => {
      if (partition !== null && partition !== undefined) return partition;
      const count = partitionMetadata.length;
      if (key !== null && key !== undefined) {
        return positive(hash(Buffer.isBuffer(key) ? key : Buffer.from(String(key)))) % count;
      }
      // From a random one, so that the processes of a fleet do not walk in step.
      const next = (last.get(topic) ?? randomInt(0x7fffffff)) + 1;
      last.set(topic, next);
      const led = partitionMetadata.filter(({ leader }) => leader >= 0);
      const chosen = led[positive(next) % led.length];
      return chosen === undefined ? positive(next) % count : chosen.partitionId;
    };
  };
}

const DefaultPartitioner = partitioner(murmur2);

export const Partitioners = {
  /** murmur2 as Kafka's Java client; without key in turn. */
  DefaultPartitioner,
  /** The default before KafkaJS 2.0. */
  LegacyPartitioner: partitioner(legacyMurmur2),
  /** Another name of DefaultPartitioner. */
  JavaCompatiblePartitioner: DefaultPartitioner,
};
