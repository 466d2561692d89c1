// Events of this application, on their way to Kafka.

import { kafkaProducerService, type RecordMetadata } from '@/lib/kafka';
import type { User } from '@/lib/session';
import type { EventInput } from '@/lib/validate/event-input';

/** ms that a person waits for the acknowledgement. */
const PATIENCE_MS = 8_000;

/** The brokers have not answered in time. kafka4 goes on trying, so the event may still be stored. */
export class NotConfirmedError extends Error {
  readonly code = 'NOT_CONFIRMED';
  readonly retriable = true;

  constructor() {
    super(`Kafka has not confirmed the event within ${PATIENCE_MS / 1000} s; it is still being sent`);
    this.name = 'NotConfirmedError';
  }
}

/** Resolves when the brokers have acknowledged. */
export function publish(input: EventInput, user: User): Promise<RecordMetadata[]> {
  return confirmed(send(input, user));
}

function send(input: EventInput, user: User): Promise<RecordMetadata[]> {
  const by = { name: user.name };
  switch (input.kind) {
    case 'user':
      return kafkaProducerService.publishUserEvent(input.eventType, user.id, { ...by, details: input.data });
    case 'course':
      return kafkaProducerService.publishCourseEvent(input.eventType, input.courseId, user.id, {
        ...by,
        details: input.data,
      });
    case 'notification':
      return kafkaProducerService.publishNotificationEvent(input.eventType, input.recipientId, {
        ...input.data,
        from: user.name,
      });
    case 'chat':
      return kafkaProducerService.publishChatEvent(input.roomId, user.id, { ...by, text: input.text });
    case 'analytics':
      return kafkaProducerService.publishAnalyticsEvent(input.eventType, input.entityId, {
        userId: user.id,
        details: input.data,
      });
  }
}

export async function confirmed<T>(publishing: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NotConfirmedError()), PATIENCE_MS);
  });
  try {
    return await Promise.race([publishing, late]);
  } finally {
    clearTimeout(timer);
  }
}
