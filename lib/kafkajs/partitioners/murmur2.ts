/** Kafka's murmur2 (org.apache.kafka.common.utils.Utils), and the variant that KafkaJS had before 2.0. */

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** As Kafka's Java client: the hash of the bytes as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const whole = bytes.length & ~3;
  let h = SEED ^ bytes.length;
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(word(bytes, i), M);
    k = Math.imul(k ^ (k >>> 24), M);
    h = Math.imul(h, M) ^ k;
  }
  if (whole < bytes.length) h = Math.imul(h ^ word(bytes, whole), M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

/**
 * The hash of KafkaJS before 2.0, which programs keep by LegacyPartitioner: products are numbers of JavaScript, which lose
 * bits beyond 2^53 before the next operation cuts them to 32, and the last bytes are taken once as a word and once more.
 */
export function legacyMurmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  let h: number = SEED ^ length;
  for (let i = 0; i < length; i += 4) {
    let k = word(bytes, i) * M;
    k ^= k >>> 24;
    k *= M;
    h *= M;
    h ^= k;
  }
  const rest = length % 4;
  if (rest > 0) {
    h ^= word(bytes, length - rest);
    h *= M;
  }
  h ^= h >>> 13;
  h *= M;
  h ^= h >>> 15;
  return h;
}

/** Little-endian; what is beyond the end counts as 0. */
function word(bytes: Uint8Array, at: number): number {
  const byte = (n: number): number => bytes[at + n] ?? 0;
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24);
}
