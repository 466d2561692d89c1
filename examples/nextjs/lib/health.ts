// One answer to "does it work?": Kafka by getKafka4Status(), and the two stores.

import type { AppState } from '@/lib/app-state';
import { getKafka4Status, type Kafka4Status, kafkaConfig } from '@/lib/kafka';
import type { AppHealth, StoreHealth } from '@/lib/live/types';

export interface FullHealth extends AppHealth {
  kafka: Kafka4Status;
}

export async function fullHealth(state: AppState): Promise<FullHealth> {
  const [kafka, enrolments, counters] = await Promise.all([
    getKafka4Status(),
    storeHealth(state.enrolments),
    storeHealth(state.counters),
  ]);
  const reasons = [
    ...(state.startError === null ? [] : [state.startError]),
    ...kafka.reasons,
    ...(enrolments.error === null ? [] : [`enrolments wait for PostgreSQL: ${enrolments.error}`]),
    ...(counters.error === null ? [] : [`counters wait for Redis: ${counters.error}`]),
  ];
  return { status: grade(state, kafka, enrolments, counters), reasons, broker: broker(), enrolments, counters, kafka };
}

/** What pages are told. */
export async function appHealth(state: AppState): Promise<AppHealth> {
  const { kafka: _, ...health } = await fullHealth(state);
  return health;
}

function grade(state: AppState, kafka: Kafka4Status, ...stores: StoreHealth[]): AppHealth['status'] {
  if (kafka.status === 'unhealthy') return state.ready || state.startError ? 'unhealthy' : 'starting';
  if (!state.ready) return state.startError ? 'unhealthy' : 'starting';
  // Handlers throw while a store is away, and kafka4 tries again: late, but not lost.
  return stores.some(({ error }) => error !== null) ? 'degraded' : kafka.status;
}

async function storeHealth(store: { kind: StoreHealth['kind']; check(): Promise<void> }): Promise<StoreHealth> {
  try {
    await store.check();
    return { kind: store.kind, error: null };
  } catch (error) {
    // Several addresses of one name: Node's error has no text of its own.
    const { message, code } = error as Error & { code?: string };
    return { kind: store.kind, error: message || code || 'no answer' };
  }
}

function broker(): string {
  const name = kafkaConfig.brokers.join(', ');
  return name.startsWith('embedded') ? 'embedded broker' : name;
}
