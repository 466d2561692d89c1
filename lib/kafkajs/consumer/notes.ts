/** What the core tells about the group (core/src/consume/notes.rs). */
import type { NativeError } from '../../../index.js';

export interface Assigned {
  topic: string;
  partition: number;
  lane: number;
}

export type Note =
  | {
      type: 'joined';
      generation: number;
      memberId: string;
      leaderId: string | null;
      protocol: string;
      /** ms */
      duration: number;
      partitions: Assigned[];
      unsubscribed: string[];
    }
  /** The partition goes on at another offset, as a new lane: the one before was not in its log. */
  | ({ type: 'restarted' } & Assigned)
  | { type: 'rebalancing'; memberId: string; lost: boolean }
  | { type: 'failed'; error: CoreError };

/** core/src/error.rs */
type CoreError = { class: string; code: string; message: string; retriable: boolean; fatal: boolean };

/** In the shape in which other errors cross the border. */
export function errorOfNote({ class: className, code, message, retriable, fatal }: CoreError): NativeError {
  return { className, code, message, retriable, fatal } as NativeError;
}
