// The five topics of the project, created after every start of a broker.
//
// This is the only place that the start commands call: a project that is built can put its own
// initialization here in place of the direct requests.

import { createTopics } from './wire.mjs';

const DAY = 24 * 60 * 60 * 1000;

export const TOPICS = [
  { name: 'user-events', partitions: 6, days: 7 },
  { name: 'course-events', partitions: 4, days: 30 },
  { name: 'notification-events', partitions: 3, days: 3 },
  { name: 'chat-events', partitions: 8, days: 1 },
  { name: 'analytics-events', partitions: 12, days: 30 },
];

/**
 * @param {string} address
 * @returns {Promise<string[]>} the names of those that were created
 */
export function prepareTopics(address) {
  return createTopics(
    address,
    TOPICS.map(({ name, partitions, days }) => ({
      name,
      partitions,
      config: { 'retention.ms': String(days * DAY), 'compression.type': 'producer' },
    })),
  );
}
