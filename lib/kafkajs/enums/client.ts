/** Enumerations of clients, with the values of KafkaJS. */
import { namesOnly } from './names-only.js';

export enum logLevel {
  NOTHING = 0,
  ERROR = 1,
  WARN = 2,
  INFO = 4,
  DEBUG = 5,
}

export enum CompressionTypes {
  None = 0,
  GZIP = 1,
  Snappy = 2,
  LZ4 = 3,
  ZSTD = 4,
}

namesOnly(logLevel, CompressionTypes);
