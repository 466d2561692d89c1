// Live counters: how much happened.

import { MemoryCounters } from './counters-memory';
import { RedisCounters } from './counters-redis';

/** A stretch of one partition, in the order of its offsets. */
export interface Counted {
  cluster: string;
  topic: string;
  partition: number;
  steps: { offset: string; field: string; by: number }[];
}

export interface CounterStore {
  readonly kind: 'redis' | 'memory';
  /** Idempotent: steps at offsets that were counted before are left out. Rejects when they are not stored. */
  add(counted: Counted): Promise<void>;
  read(): Promise<Record<string, number>>;
  /** Rejects when the store does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export const openCounters = (url: string | undefined): CounterStore =>
  url ? new RedisCounters(url) : new MemoryCounters();
