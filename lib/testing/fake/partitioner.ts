/** Partitions as Kafka's Java client chooses them: murmur2 of the key. */

const M = 0x5bd1e995;

export function murmur2(data: Uint8Array): number {
  let h = 0x9747b28c ^ data.length;
  const words = data.length - (data.length % 4);
  for (let at = 0; at < words; at += 4) {
    let k = (data[at] as number) | ((data[at + 1] as number) << 8);
    k |= ((data[at + 2] as number) << 16) | ((data[at + 3] as number) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  if (words < data.length) {
    for (let at = words; at < data.length; at++) h ^= (data[at] as number) << (8 * (at - words));
    h = Math.imul(h, M);
  }
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}

export function partitionForKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
