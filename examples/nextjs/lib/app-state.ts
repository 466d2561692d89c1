// What lives as long as the server: one object a process, however often a bundler or a hot reload evaluates this module.

import { LiveHub } from '@/lib/live/hub';
import { type CounterStore, openCounters } from '@/lib/store/counters';
import { type EnrolmentStore, openEnrolments } from '@/lib/store/enrolments';

export interface AppState {
  hub: LiveHub;
  enrolments: EnrolmentStore;
  counters: CounterStore;
  /** How often this process has started to consume: 1, or a hot reload has made a second set. */
  starts: number;
  /** Consumers run. */
  ready: boolean;
  /** Why they do not, in the words of the last attempt. */
  startError: string | null;
  /** A signal has come: nothing new is begun. */
  closing: boolean;
}

const KEY = Symbol.for('edu-matrix.state.v1');
const holder = globalThis as { [KEY]?: AppState };

/** Made at first use, so that `next build`, which evaluates every module, opens no connection. */
export function app(): AppState {
  holder[KEY] ??= {
    hub: new LiveHub(),
    enrolments: openEnrolments(process.env.DATABASE_URL),
    counters: openCounters(process.env.REDIS_URL),
    starts: 0,
    ready: false,
    startError: null,
    closing: false,
  };
  return holder[KEY];
}
