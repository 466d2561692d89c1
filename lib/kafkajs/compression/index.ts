/**
 * KafkaJS's registry of codecs. Here all five are built in: what is compressed and decompressed never comes to JavaScript.
 * The registry is there for programs that put codecs into it, which changes nothing, and is said once.
 */
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { CompressionTypes } from '../enums/index.js';
import { KafkaJSNotImplemented } from '../errors/index.js';
import type { Logger } from '../logger.js';

const gzip = promisify(zlib.gzip);
const unzip = promisify(zlib.unzip);

const gzipCodec = {
  compress: (encoder: { buffer: Buffer }): Promise<Buffer> => gzip(encoder.buffer),
  decompress: (buffer: Buffer): Promise<Buffer> => unzip(buffer),
};

const native = (name: string) => (): never => {
  throw new KafkaJSNotImplemented(`${name} is compressed and decompressed by librdkafka: no codec is needed or called`);
};

export const CompressionCodecs: {
  [CompressionTypes.GZIP]: () => any;
  [CompressionTypes.Snappy]: () => any;
  [CompressionTypes.LZ4]: () => any;
  [CompressionTypes.ZSTD]: () => any;
} = {
  [CompressionTypes.GZIP]: () => gzipCodec,
  [CompressionTypes.Snappy]: native('Snappy'),
  [CompressionTypes.LZ4]: native('LZ4'),
  [CompressionTypes.ZSTD]: native('ZSTD'),
};

const built = { ...CompressionCodecs };
let told = false;

/** Says once that codecs of the application are not used. */
export function tellOfCodecs(logger: Logger): void {
  if (told) return;
  const given = Object.entries(CompressionCodecs).filter(([type, codec]) => built[Number(type) as 1] !== codec);
  if (given.length === 0) return;
  told = true;
  logger.warn('CompressionCodecs: codecs that are registered are not used, all of them are built in');
}
