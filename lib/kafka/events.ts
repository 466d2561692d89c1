/** What the services tell without being asked (core/src/events.rs). */
import { invalid, show } from './errors.js';

export interface EventPartition {
  topic: string;
  partition: number;
  offset?: number;
}

interface ErrorData {
  class: string;
  code: string;
  message: string;
}

export type Kafka4Event =
  /** A connection failed or was lost; the client reconnects by itself. */
  | { type: 'connectionError'; client: string; broker: string; reason: string }
  /** A client cannot go on; the services replace it. */
  | { type: 'fatal'; client: string; error: ErrorData }
  | { type: 'partitionsAssigned'; groupId: string; partitions: EventPartition[] }
  | { type: 'partitionsRevoked'; groupId: string; partitions: EventPartition[]; lost: boolean }
  | { type: 'offsetsCommitted'; groupId: string; partitions: EventPartition[]; error: ErrorData | null }
  /** A handler threw. `retryInMs` is null when it was the last attempt. */
  | {
      type: 'handlerFailed';
      topic: string;
      partition: number;
      offset: number;
      attempt: number;
      error: string;
      retryInMs: number | null;
    }
  | {
      type: 'deadLettered';
      topic: string;
      partition: number;
      offset: number;
      deadLetterTopic: string;
      error: string;
    }
  /** A consumer that should make progress makes none. */
  | {
      type: 'stalled';
      groupId: string;
      topic: string;
      partition: number;
      stalledMs: number;
      reason: string;
      healing: boolean;
    }
  | { type: 'recovered'; groupId: string; topic: string; partition: number }
  /** The consumption of a topic ended without being asked to. */
  | { type: 'stopped'; groupId: string; topic: string; error: ErrorData | null }
  | { type: 'tokenNeeded'; client: string }
  /** `HANDLER_REPLACED`; `OFFSET_RESET`: an offset is not in the log any more, reading goes on as `auto.offset.reset` says;
   * other codes are those of errors that need no answer. */
  | { type: 'warning'; code: string; message: string };

export type Kafka4EventName = Kafka4Event['type'];

/** All of them; the compiler finds one that is missing. */
const NAMES: Record<Kafka4EventName, true> = {
  connectionError: true,
  fatal: true,
  partitionsAssigned: true,
  partitionsRevoked: true,
  offsetsCommitted: true,
  handlerFailed: true,
  deadLettered: true,
  stalled: true,
  recovered: true,
  stopped: true,
  tokenNeeded: true,
  warning: true,
};

/** A listener of what never comes, or one that cannot be called, is a mistake that nobody would see. */
export function assertListener(name: unknown, listener: unknown): void {
  if (typeof name !== 'string' || !Object.hasOwn(NAMES, name)) {
    throw invalid(`there is no event ${show(name)}, only ${Object.keys(NAMES).join(', ')}`);
  }
  if (typeof listener !== 'function')
    throw invalid(`the listener of '${name}' must be a function, not ${show(listener)}`);
}

/** SASL OAUTHBEARER: gives a token whenever the clients need one. `expiresAt`: ms since the epoch, default in an hour. */
export type OauthBearerProvider = () =>
  | Promise<{ value: string; principal?: string; expiresAt?: number }>
  | { value: string; principal?: string; expiresAt?: number };
