/** Which partitions the application has paused: by topic or one by one, assigned or not. */
import type { TopicPartitions } from '../shared-types.js';
import type { TopicChoice } from './arguments.js';

interface TopicPauses {
  /** The whole topic, but for `resumed`. */
  all: boolean;
  paused: Set<number>;
  resumed: Set<number>;
}

export class Pauses {
  readonly #topics = new Map<string, TopicPauses>();

  #of(topic: string): TopicPauses {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    const created: TopicPauses = { all: false, paused: new Set(), resumed: new Set() };
    this.#topics.set(topic, created);
    return created;
  }

  pause(choices: TopicChoice[]): void {
    for (const { topic, partitions } of choices) {
      const state = this.#of(topic);
      if (partitions === undefined) {
        state.all = true;
        state.paused.clear();
        state.resumed.clear();
        continue;
      }
      for (const partition of partitions) {
        state.paused.add(Number(partition));
        state.resumed.delete(Number(partition));
      }
      // As KafkaJS: naming partitions ends the pause of the whole topic.
      state.all = false;
    }
  }

  resume(choices: TopicChoice[]): void {
    for (const { topic, partitions } of choices) {
      const state = this.#of(topic);
      if (partitions === undefined) {
        state.all = false;
        state.paused.clear();
        state.resumed.clear();
        continue;
      }
      for (const partition of partitions) {
        state.paused.delete(Number(partition));
        if (state.all) state.resumed.add(Number(partition));
      }
    }
  }

  has(topic: string, partition: number): boolean {
    const state = this.#topics.get(topic);
    if (state === undefined) return false;
    return state.paused.has(partition) || (state.all && !state.resumed.has(partition));
  }
}

/** Those of the assigned partitions that are paused, by topic. */
export function pausedTopics(
  assigned: Iterable<{ topic: string; partition: number; paused: boolean }>,
): TopicPartitions[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition, paused } of assigned) {
    if (!paused) continue;
    const known = topics.get(topic);
    if (known === undefined) topics.set(topic, [partition]);
    else known.push(partition);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions: partitions.sort((a, b) => a - b) }));
}
