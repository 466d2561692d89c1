// What goes from the handlers to the pages. Both sides import these types, and nothing else, from here.

export const SERIES = ['user', 'course', 'chat', 'notification', 'analytics'] as const;
export type Series = (typeof SERIES)[number];

export interface ChatLine {
  /** topic/partition/offset: the same event that comes twice has the same id. */
  id: string;
  roomId: string;
  userId: string;
  name: string;
  text: string;
  /** ISO 8601. */
  at: string;
}

export interface Notice {
  id: string;
  recipientId: string;
  type: string;
  text: string;
  from: string;
  at: string;
}

export interface Activity {
  id: string;
  series: Series;
  name: string;
  text: string;
  at: string;
}

/** Events of one second. */
export interface Bucket {
  /** Seconds since the epoch. */
  second: number;
  counts: Record<Series, number>;
}

export interface Totals {
  /** By course: people enrolled, sum and number of ratings. */
  courses: Record<string, { enrolled: number; stars: number; ratings: number }>;
  messages: number;
  events: number;
  /** People with an open page, at this server. */
  online: number;
}

export interface StoreHealth {
  kind: 'postgres' | 'redis' | 'memory';
  /** Null: it answers. */
  error: string | null;
}

export interface AppHealth {
  status: 'starting' | 'healthy' | 'degraded' | 'unhealthy';
  reasons: string[];
  broker: string;
  enrolments: StoreHealth;
  counters: StoreHealth;
}

export interface Snapshot {
  chat: ChatLine[];
  notices: Notice[];
  activity: Activity[];
  chart: Bucket[];
  totals: Totals;
  health: AppHealth;
  /** Courses of the person who looks. */
  mine: string[];
}

export type LiveEvent =
  | { kind: 'snapshot'; value: Snapshot }
  | { kind: 'chat'; value: ChatLine }
  | { kind: 'notice'; value: Notice }
  | { kind: 'activity'; value: Activity }
  | { kind: 'enrolled'; value: { courseId: string; userId: string } }
  | { kind: 'chart'; value: Bucket[] }
  | { kind: 'totals'; value: Totals }
  | { kind: 'health'; value: AppHealth };
