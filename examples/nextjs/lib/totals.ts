// The numbers of the page: who is enrolled (from the enrolment store), how much happened (from the counters).

import type { AppState } from '@/lib/app-state';
import { COURSES } from '@/lib/courses';
import type { Totals } from '@/lib/live/types';

/** A store that is away leaves zeros; health tells why. */
export async function totals({ hub, enrolments, counters }: AppState): Promise<Totals> {
  const [enrolled, counts] = await Promise.all([
    enrolments.countByCourse().catch((): Record<string, number> => ({})),
    counters.read().catch((): Record<string, number> => ({})),
  ]);
  const courses = COURSES.map(({ id }) => [
    id,
    { enrolled: enrolled[id] ?? 0, stars: counts[`stars:${id}`] ?? 0, ratings: counts[`ratings:${id}`] ?? 0 },
  ]);
  return {
    courses: Object.fromEntries(courses),
    messages: counts.messages ?? 0,
    events: counts.events ?? 0,
    online: hub.online,
  };
}
