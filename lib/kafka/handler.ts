/** What lanes and batch runs share: handlers, what they are given, how their results are waited for. */
import type { EachBatchHandler, EachMessageHandler } from '../kafkajs/types.js';
import type { Slab } from './message.js';

export type Handler = { each: 'message'; run: EachMessageHandler } | { each: 'batch'; run: EachBatchHandler };

/** A part of a slab: messages `from` to `to` (excluded), all of one lane. */
export interface Run {
  slab: Slab;
  from: number;
  to: number;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayHaveThen = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return mayHaveThen && typeof (value as PromiseLike<unknown>).then === 'function';
}

/** Heartbeats are sent by the core, however long a handler takes. */
export function heartbeat(): Promise<void> {
  return Promise.resolve();
}
