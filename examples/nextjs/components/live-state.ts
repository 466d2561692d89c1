// What the page knows, and how each live event changes it.

import type { Activity, AppHealth, Bucket, ChatLine, LiveEvent, Notice, Totals } from '@/lib/live/types';

export interface LiveState {
  connection: 'connecting' | 'live' | 'reconnecting';
  chat: ChatLine[];
  notices: Notice[];
  activity: Activity[];
  chart: Bucket[];
  totals: Totals | null;
  health: AppHealth | null;
  mine: string[];
}

export const BEGINNING: LiveState = {
  connection: 'connecting',
  chat: [],
  notices: [],
  activity: [],
  chart: [],
  totals: null,
  health: null,
  mine: [],
};

export type Change = LiveEvent | { kind: 'lost' };

const CHART_SECONDS = 60;

export function reduce(state: LiveState, change: Change, userId: string): LiveState {
  switch (change.kind) {
    case 'lost':
      return { ...state, connection: 'reconnecting' };
    case 'snapshot':
      return { connection: 'live', ...change.value };
    case 'chat':
      return { ...state, chat: joined(state.chat, change.value, 300) };
    case 'notice':
      return { ...state, notices: joined(state.notices, change.value, 100) };
    case 'activity':
      return { ...state, activity: joined(state.activity, change.value, 60) };
    case 'enrolled': {
      const { courseId } = change.value;
      if (change.value.userId !== userId || state.mine.includes(courseId)) return state;
      return { ...state, mine: [...state.mine, courseId] };
    }
    case 'chart':
      return { ...state, chart: merged(state.chart, change.value) };
    case 'totals':
      return { ...state, totals: change.value };
    case 'health':
      return { ...state, health: change.value };
  }
}

/** Each id once: an event can be delivered again. */
function joined<T extends { id: string }>(list: T[], entry: T, limit: number): T[] {
  return list.some(({ id }) => id === entry.id) ? list : [...list, entry].slice(-limit);
}

/** The newest buckets replace those of the same seconds. */
function merged(chart: Bucket[], fresh: Bucket[]): Bucket[] {
  const first = fresh[0]?.second ?? 0;
  return [...chart.filter(({ second }) => second < first), ...fresh].slice(-CHART_SECONDS);
}
