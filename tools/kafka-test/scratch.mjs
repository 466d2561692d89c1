// The topics that the checks write to. They are made for the run and deleted after it: test messages in
// an application's own topics would reach its handlers.

import { plural } from '../terminal/format.mjs';

const HOUR_MS = 60 * 60 * 1000;

/** @param {string} run */
export function scratchTopics(run) {
  return { events: `kafka4-test-${run}-events`, load: `kafka4-test-${run}-load` };
}

/** @param {any} api @param {{ events: string, load: string }} topics */
export async function createScratch(api, { events, load }) {
  await api.kafkaAdminService.createTopics([
    // Should this process be killed before it deletes them, the broker empties them after an hour.
    { name: events, partitions: 2, retentionMs: HOUR_MS },
    { name: load, partitions: 6, retentionMs: HOUR_MS },
  ]);
}

/** @param {any} api @param {{ events: string, load: string }} topics */
export async function deleteScratch(api, { events, load }) {
  await api.kafkaAdminService.deleteTopics([events, load]);
}

/**
 * Where the broker's topics are not as declared. Asked of the broker, not of what initializeKafka4()
 * remembers: this is a check of that too.
 *
 * @param {any} api
 * @returns {Promise<{ count: number, wrong: string[] }>}
 */
export async function compareTopics(api) {
  const declared = api.declaredTopics();
  const described = await api.kafkaAdminService.describeTopics(declared.map(({ name }) => name));
  const wrong = declared.flatMap(({ name, partitions, retentionMs }) => {
    const found = described.find((topic) => topic.name === name);
    if (!found) return [`${name} is missing`];
    return [
      ...(found.partitions.length === partitions
        ? []
        : [`${name} has ${plural(found.partitions.length, 'partition')}, declared ${partitions}`]),
      ...(found.retentionMs === retentionMs
        ? []
        : [`${name} has retention.ms=${found.retentionMs ?? '(not told)'}, declared ${retentionMs}`]),
      ...(found.partitions.every(({ leader }) => leader >= 0) ? [] : [`${name} has a partition without a leader`]),
    ];
  });
  return { count: declared.length, wrong };
}
