/** The envelope of events (contract: README "Topics and envelope"), for where no core is there to make it. */
import { EVENT_KINDS } from '../kafka/envelopes.js';
import { packHeaders } from './headers.js';

export const VERSION = '4.0';

export interface EventParts {
  eventType: string;
  /** The id that is also the key. */
  id: string;
  /** Of course and chat events: the user. */
  secondId: string | undefined;
  traceparent: string | undefined;
  /** JSON. */
  data: string;
}

/** In the order of their numbers. */
export const KINDS = Object.values(EVENT_KINDS).sort((one, other) => one.number - other.number);

/** Kinds whose events belong to a user besides. */
export const WITH_USER: readonly number[] = [EVENT_KINDS.course.number, EVENT_KINDS.chat.number];

/** Topic, key, value and headers of an event. `now`: ms since the epoch. */
export function envelopeOf(
  number: number,
  parts: EventParts,
  now: number,
): { topic: string; key: Buffer; value: Buffer; headers: Buffer } {
  const kind = KINDS[number] as (typeof KINDS)[number];
  const { eventType, id, secondId, traceparent, data } = parts;
  const user = secondId === undefined ? '' : `,"userId":${JSON.stringify(secondId)}`;
  const value =
    `{"eventType":${JSON.stringify(eventType)},"${kind.id}":${JSON.stringify(id)}${user},"data":${data},` +
    `"timestamp":"${new Date(now).toISOString()}","version":"${VERSION}"}`;
  const headers: [string, string][] = [
    ['eventType', eventType],
    ['version', VERSION],
    ['content-type', 'application/json'],
  ];
  if (traceparent !== undefined) headers.push(['traceparent', traceparent]);
  return { topic: kind.topic, key: Buffer.from(id), value: Buffer.from(value), headers: packHeaders(headers) };
}
