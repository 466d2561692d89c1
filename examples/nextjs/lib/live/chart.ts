// Events a second, of the last minute.

import { type Bucket, SERIES, type Series } from './types';

export const CHART_SECONDS = 60;

const empty = (): Record<Series, number> => ({ user: 0, course: 0, chat: 0, notification: 0, analytics: 0 });

export class EventChart {
  #buckets = new Map<number, Bucket>();
  #total = 0;

  /** `at`: when the event was made. What is older than the chart only counts for the total. */
  count(series: Series, at: string): void {
    this.#total += 1;
    const now = Math.floor(Date.now() / 1000);
    const second = Math.floor(Date.parse(at) / 1000);
    // A clock ahead of ours must not write into the future.
    const place = Math.min(second, now);
    if (!(place > now - CHART_SECONDS)) return;
    const bucket = this.#buckets.get(place) ?? { second: place, counts: empty() };
    bucket.counts[series] += 1;
    this.#buckets.set(place, bucket);
    for (const old of this.#buckets.keys()) if (old <= now - CHART_SECONDS) this.#buckets.delete(old);
  }

  /** Of this process, since its start. */
  get total(): number {
    return this.#total;
  }

  /** The last `seconds`, oldest first, with zeros where nothing happened. */
  recent(seconds = CHART_SECONDS): Bucket[] {
    const now = Math.floor(Date.now() / 1000);
    return Array.from({ length: seconds }, (_, i) => {
      const second = now - seconds + 1 + i;
      return this.#buckets.get(second) ?? { second, counts: empty() };
    });
  }
}

export const sumOf = (bucket: Bucket): number => SERIES.reduce((sum, series) => sum + bucket.counts[series], 0);
