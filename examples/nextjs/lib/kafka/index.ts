// Kafka for this application: everything that kafka4 exports, and topics of our own.

import { declareTopics } from 'kafka4';

export * from 'kafka4';

const DAY_MS = 24 * 60 * 60 * 1000;

// Beside kafka4's five. initializeKafka4() creates those that are missing.
declareTopics({
  'course-ratings': { partitions: 3, retentionMs: 30 * DAY_MS },
});
