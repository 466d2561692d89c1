// Which handler is for which topic.

import type { AppState } from '@/lib/app-state';
import { kafkaConsumerService as consumer, KAFKA_TOPICS } from '@/lib/kafka';
import { analyticsHandler } from './analytics';
import { chatHandler } from './chat';
import { courseHandler } from './courses';
import { notificationHandler } from './notifications';
import { ratingHandler } from './ratings';
import { userHandler } from './users';

export interface HandlerContext {
  state: AppState;
  /** The cluster whose offsets are meant. */
  cluster: string;
}

export function registerHandlers(state: AppState, cluster: string): void {
  const context: HandlerContext = { state, cluster };
  consumer.registerUserEventHandler(userHandler(context));
  consumer.registerCourseEventHandler(courseHandler(context));
  consumer.registerChatEventHandler(chatHandler(context));
  consumer.registerNotificationEventHandler(notificationHandler(context));
  consumer.registerAnalyticsEventHandler(analyticsHandler(context));
  consumer.registerHandler('course-ratings', ratingHandler(context));
  // Handlers throw only when a store is away. An outage can last for hours, and no event shall be put aside for it.
  for (const topic of [...Object.values(KAFKA_TOPICS), 'course-ratings']) {
    consumer.setRetryPolicy(topic, { attempts: 100_000, initialBackoffMs: 200, maxBackoffMs: 3_000 });
  }
}
