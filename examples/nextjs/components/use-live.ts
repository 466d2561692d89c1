'use client';

import { useEffect, useReducer } from 'react';
import type { LiveEvent } from '@/lib/live/types';
import { BEGINNING, type Change, type LiveState, reduce } from './live-state';

const KINDS: LiveEvent['kind'][] = ['snapshot', 'chat', 'notice', 'activity', 'enrolled', 'chart', 'totals', 'health'];
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

/** The live stream, connected again whenever it breaks; each connection begins with a snapshot. */
export function useLive(userId: string): LiveState {
  const [state, dispatch] = useReducer(
    (before: LiveState, change: Change) => reduce(before, change, userId),
    BEGINNING,
  );

  useEffect(() => {
    let source: EventSource;
    let timer: number | undefined;
    let pause = FIRST_PAUSE_MS;
    const connect = () => {
      source = new EventSource('/api/events/stream');
      for (const kind of KINDS) {
        source.addEventListener(kind, (event: MessageEvent<string>) => {
          pause = FIRST_PAUSE_MS;
          dispatch({ kind, value: JSON.parse(event.data) } as LiveEvent);
        });
      }
      source.onerror = () => {
        dispatch({ kind: 'lost' });
        // The browser tries again by itself after a break, but not after an answer that is an error.
        if (source.readyState !== EventSource.CLOSED) return;
        timer = window.setTimeout(connect, pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      };
    };
    connect();
    return () => {
      window.clearTimeout(timer);
      source.close();
    };
  }, []);

  return state;
}
