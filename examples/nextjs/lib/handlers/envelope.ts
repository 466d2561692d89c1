// An event as kafka4 publishes it, read with care: anybody may write to a topic.

import type { Kafka4Message } from '@/lib/kafka';

export interface Envelope {
  eventType: string;
  userId: string;
  courseId: string;
  recipientId: string;
  roomId: string;
  entityId: string;
  data: Record<string, unknown>;
  /** ISO 8601. */
  timestamp: string;
}

const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 500) : '');

/** Null for what is no event: it would fail at every attempt, and nobody can repair it. */
export function envelopeOf(message: Kafka4Message): Envelope | null {
  let value: unknown;
  try {
    value = message.json();
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const given = value as Record<string, unknown>;
  const { data } = given;
  return {
    eventType: text(given.eventType),
    userId: text(given.userId),
    courseId: text(given.courseId),
    recipientId: text(given.recipientId),
    roomId: text(given.roomId),
    entityId: text(given.entityId),
    data: typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {},
    timestamp: timeOf(text(given.timestamp), message),
  };
}

/** ms of the year 10000: what is beyond is no time for a database, and would be refused at every attempt. */
const LATEST_MS = 253_402_300_800_000;

function timeOf(stamp: string, message: Kafka4Message): string {
  const usable = (ms: number) => ms >= 0 && ms < LATEST_MS;
  const ms = [Date.parse(stamp), Number(message.timestamp)].find(usable) ?? Date.now();
  return new Date(ms).toISOString();
}

/** A field of the data, as text for people. */
export const said = (envelope: Envelope, field: string): string => text(envelope.data[field]).slice(0, 500);

/** Who did it, by name where it is told. */
export const nameOf = (envelope: Envelope): string => said(envelope, 'name') || envelope.userId || 'Somebody';

export const idOf = (topic: string, partition: number, offset: string): string => `${topic}/${partition}/${offset}`;
