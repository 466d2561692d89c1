/** The topics of the event services, and the applications' own beside them (core/src/topics.rs). */
import { sharedContext } from './context.js';
import { check, invalid, reading, show } from './errors.js';
import type { TopicSpec } from './shapes.js';

/** Names of the five topics. */
export const KAFKA_TOPICS = Object.freeze({
  USER_EVENTS: 'user-events',
  COURSE_EVENTS: 'course-events',
  NOTIFICATION_EVENTS: 'notification-events',
  CHAT_EVENTS: 'chat-events',
  ANALYTICS_EVENTS: 'analytics-events',
} as const);

export type KafkaTopic = (typeof KAFKA_TOPICS)[keyof typeof KAFKA_TOPICS];

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Declares topics of the application; `initializeKafka4()` creates them with the five.
 * `{ orders: { partitions: 6, retentionMs: 7 * 24 * 3600 * 1000 } }`; defaults: 3 partitions, 7 days.
 */
export function declareTopics(topics: Record<string, { partitions?: number; retentionMs?: number }>): void {
  // All of them are read and checked before the first is declared.
  const specs = reading('the declarations', () => checked(topics));
  const { native } = sharedContext();
  for (const { name, partitions, retentionMs } of specs) check(native.declareTopic(name, partitions, retentionMs));
}

function checked(topics: Record<string, { partitions?: number; retentionMs?: number }>): TopicSpec[] {
  if (typeof topics !== 'object' || topics === null || Array.isArray(topics)) {
    throw invalid(`topics must be an object of { name: { partitions, retentionMs } }, not ${show(topics)}`);
  }
  return Object.entries(topics).map(([name, declaration]) => {
    if (typeof declaration !== 'object' || declaration === null) {
      throw invalid(`topic ${name}: a declaration is { partitions, retentionMs }, not ${show(declaration)}`);
    }
    const { partitions = 3, retentionMs = 7 * DAY_MS } = declaration;
    if (!Number.isInteger(partitions) || partitions < 1 || partitions > 100_000) {
      throw invalid(`topic ${name}: partitions must be a whole number from 1 to 100000, not ${show(partitions)}`);
    }
    if (!Number.isSafeInteger(retentionMs) || retentionMs < -1) {
      throw invalid(`topic ${name}: retentionMs must be a whole number of ms, or -1, not ${show(retentionMs)}`);
    }
    return { name, partitions, retentionMs };
  });
}

/** Every declared topic, the five and the application's own. */
export function declaredTopics(): TopicSpec[] {
  return JSON.parse(sharedContext().native.declaredTopics()) as TopicSpec[];
}
