// What a page shows the moment it connects.

import type { AppState } from '@/lib/app-state';
import { appHealth } from '@/lib/health';
import { totals } from '@/lib/totals';
import type { LiveEvent } from './types';

/** Gives a function: to be called when the page's listener stands, so that nothing falls between the two. */
export async function snapshot(state: AppState, userId: string): Promise<() => LiveEvent> {
  const { hub, enrolments } = state;
  const [health, sums, mine] = await Promise.all([
    appHealth(state),
    totals(state),
    // A database that is away is told by health; the page works without.
    enrolments.coursesOf(userId).catch((): string[] => []),
  ]);
  return () => ({
    kind: 'snapshot',
    value: { ...hub.memory(userId), chart: hub.chart.recent(), totals: { ...sums, online: hub.online }, health, mine },
  });
}
