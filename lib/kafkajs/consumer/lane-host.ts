/** What the lanes of one run of a consumer share. */
import type { Retry } from '../config/retry.js';
import type { InstrumentationEmitter } from '../events/emitter.js';
import type { Logger } from '../logger.js';
import type { Commits } from './commits.js';
import type { Lane } from './lane.js';
import type { EachBatchHandler, EachMessageHandler } from './payloads.js';
import type { Slots } from './slots.js';

export type Handlers = { each: 'message'; run: EachMessageHandler } | { each: 'batch'; run: EachBatchHandler };

export interface LaneHost {
  /** False once a stop was asked for: no further message is handled. */
  readonly running: boolean;
  readonly hasHandler: boolean;
  readonly handlers: Handlers;
  readonly autoCommit: boolean;
  /** A batch whose handler has returned is resolved. */
  readonly autoResolve: boolean;
  readonly retry: Retry;
  readonly slots: Slots;
  readonly commits: Commits;
  readonly emitter: InstrumentationEmitter;
  readonly logger: Logger;
  isPaused(topic: string, partition: number): boolean;
  /** Pauses the partition; the returned function resumes it. */
  pause(topic: string, partition: number): () => void;
  highWatermark(lane: Lane): number;
  /** Room of finished messages is given back, once a turn of the event loop. */
  progress(lane: Lane): void;
  /** The lane is closed, and no handler of it runs. */
  over(lane: Lane): void;
  /** The partition goes on at an offset that lies before what is here. */
  rewind(lane: Lane, offset: number): void;
  retries(lane: Lane, error: unknown, retryMs: number): void;
  crash(error: Error): void;
}
