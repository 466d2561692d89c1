// Reads what RecordPacker wrote, after the description in core/src/records.rs: eight integers a record, then its bytes.

import type { RecordPacker } from '@/lib/kafka/records';

export interface Unpacked {
  topic: number;
  partition: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: [string, Buffer | null][];
  /** ms since the epoch; 0: not given. */
  timestamp: number;
}

export function unpack(packer: RecordPacker): Unpacked[] {
  const { slab, index } = packer.view();
  const bytes = Buffer.from(slab);
  return Array.from({ length: index.length / 8 }, (_, i) => one(bytes, index.subarray(i * 8, i * 8 + 8)));
}

function one(bytes: Buffer, entry: Int32Array): Unpacked {
  const [topic, partition, start, keyLength, valueLength, headersLength, low, high] = entry as unknown as number[];
  let at = start!;
  const part = (length: number): Buffer | null => {
    if (length === -1) return null;
    if (length < 0 || at + length > bytes.length) throw new Error(`${length} bytes at ${at} of ${bytes.length}`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const key = part(keyLength!);
  const value = part(valueLength!);
  const end = at + headersLength!;
  const integer = () => part(4)!.readInt32LE();
  const headers: Unpacked['headers'] = [];
  while (at < end) headers.push([part(integer())!.toString(), part(integer())]);
  if (at !== end) throw new Error(`the headers end at ${at}, not at ${end}`);
  return { topic: topic!, partition: partition!, key, value, headers, timestamp: high! * 2 ** 32 + (low! >>> 0) };
}
