// The body of POST /api/events. Who sends it is known from the session and never taken from the body.

import { courseId, InputError, id, personId, roomId, text } from './fields';

export type EventInput =
  | { kind: 'user'; eventType: string; data: unknown }
  | { kind: 'course'; eventType: string; courseId: string; data: unknown }
  | { kind: 'notification'; eventType: string; recipientId: string; data: { text: string } }
  | { kind: 'chat'; roomId: string; text: string }
  | { kind: 'analytics'; eventType: string; entityId: string; data: unknown };

const KINDS = ['user', 'course', 'notification', 'chat', 'analytics'] as const;

/** @throws InputError */
export function eventInput(body: unknown): EventInput {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InputError('body', 'the body must be a JSON object');
  }
  const given = body as Record<string, unknown>;
  const { data = {} } = given;
  const kind = KINDS.find((each) => each === given.kind);
  if (kind === 'chat') return { kind, roomId: roomId(given.roomId), text: text('text', given.text, 500) };
  if (kind === undefined) throw new InputError('kind', `kind must be one of ${KINDS.join(', ')}`);
  const eventType = id('eventType', given.eventType);
  switch (kind) {
    case 'user':
      return { kind, eventType, data };
    case 'course':
      return { kind, eventType, courseId: courseId(given.courseId), data };
    case 'notification':
      return {
        kind,
        eventType,
        recipientId: personId('recipientId', given.recipientId),
        data: { text: text('text', given.text, 200) },
      };
    case 'analytics':
      return { kind, eventType, entityId: id('entityId', given.entityId), data };
  }
}
