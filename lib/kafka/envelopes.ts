/** Events of the five kinds: their arguments checked and their data made JSON. The envelope itself is made in the core. */
import { KafkaSerializationError, show, tell } from './errors.js';

/** In the order of their numbers (core/src/services/envelope.rs). */
export const EVENT_KINDS = {
  user: { number: 0, topic: 'user-events', id: 'userId' },
  course: { number: 1, topic: 'course-events', id: 'courseId' },
  notification: { number: 2, topic: 'notification-events', id: 'recipientId' },
  chat: { number: 3, topic: 'chat-events', id: 'roomId' },
  analytics: { number: 4, topic: 'analytics-events', id: 'entityId' },
} as const;

export function assertText(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string' || value.length === 0) {
    throw new KafkaSerializationError(
      'ERR_KAFKA_SERIALIZATION',
      `${name} must be a non-empty string, not ${show(value)}`,
      {
        details: { path: name },
      },
    );
  }
}

export function unserializable(path: string, reason: string, cause: unknown): KafkaSerializationError {
  const message = `${path} cannot become JSON: ${reason}`;
  return new KafkaSerializationError('ERR_KAFKA_SERIALIZATION', message, { cause, details: { path } });
}

/** `data` as JSON.stringify gives it; what it gives nothing for (undefined, a function, a symbol) is null. */
export function toJson(data: unknown): string {
  try {
    return JSON.stringify(data) ?? 'null';
  } catch (cause) {
    const found = locate(data, 'data', [], { left: MOST_VISITS });
    throw unserializable(found?.path ?? 'data', found?.reason ?? tell(cause), cause);
  }
}

/** Deeper than this the search for the culprit gives up; JSON.stringify itself fails at some depth too. */
const MAX_DEPTH = 200;

/** Values that are looked at: an object whose getters make it anew at each reading has no end. */
const MOST_VISITS = 100_000;

/** Finds what JSON.stringify stumbled over. Only runs after a failure. */
function locate(
  value: unknown,
  path: string,
  above: unknown[],
  visits: { left: number },
): { path: string; reason: string } | undefined {
  visits.left -= 1;
  if (visits.left < 0) return undefined;
  if (typeof value === 'bigint') return { path, reason: 'it is a BigInt' };
  if (typeof value !== 'object' || value === null || above.length > MAX_DEPTH) return undefined;
  if (above.includes(value)) return { path, reason: 'it refers back to an object that contains it' };
  try {
    const plain =
      typeof (value as { toJSON?: unknown }).toJSON === 'function' ? (value as { toJSON(): unknown }).toJSON() : value;
    if (plain !== value) return locate(plain, path, [...above, value], visits);
  } catch (error) {
    return { path, reason: `its toJSON threw: ${tell(error)}` };
  }
  let keys: string[];
  try {
    keys = Object.keys(value);
  } catch (error) {
    return { path, reason: `its properties cannot be listed: ${tell(error)}` };
  }
  for (const key of keys) {
    if (visits.left < 0) return undefined;
    const inner = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    try {
      const found = locate((value as Record<string, unknown>)[key], inner, [...above, value], visits);
      if (found !== undefined) return found;
    } catch (error) {
      return { path: inner, reason: `reading it threw: ${tell(error)}` };
    }
  }
  return undefined;
}
