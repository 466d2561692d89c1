/** Messages as tests read them, and how a test waits for one. */
import * as timers from 'node:timers';
import { invalid, KafkaTimeoutError, show } from '../kafka/errors.js';
import { headerListOf } from '../kafka/packed-headers.js';
import { VERSION } from './envelope.js';
import type { StoredRecord } from './records.js';
import type { EventEnvelope, EventMatcher, PublishedEvent, WaitOptions } from './types.js';

// Fake timers of a test runner must not stop a wait.
const { setTimeout } = timers;
const now = performance.now.bind(performance);

/** ms between two looks. */
const STEP_MS = 10;
const WITHIN_MS = 5_000;
/** Events that an error lists. */
const MOST_LISTED = 10;

export function publishedEvent(
  record: StoredRecord & { topic: string; partition: number; offset: number | string },
): PublishedEvent {
  const { topic, partition, offset, timestamp, key, value } = record;
  const parsed = parse(value);
  const envelope = isEnvelope(parsed) ? parsed : undefined;
  return {
    topic,
    partition,
    offset: String(offset),
    timestamp: String(timestamp),
    key: key === null ? null : key.toString('utf8'),
    value: value === null ? null : Buffer.from(value),
    headers: headersOf(record.headers),
    eventType: envelope?.eventType,
    envelope,
    data: envelope === undefined ? parsed : envelope.data,
  };
}

function parse(value: Buffer | null): unknown {
  if (value === null) return undefined;
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isEnvelope(value: unknown): value is EventEnvelope {
  if (typeof value !== 'object' || value === null) return false;
  const { eventType, version } = value as Partial<EventEnvelope>;
  return typeof eventType === 'string' && version === VERSION && 'data' in value && 'timestamp' in value;
}

function headersOf(packed: Buffer): Record<string, string | string[]> {
  const headers = new Map<string, string | string[]>();
  for (const [name, bytes] of headerListOf(packed, 0, packed.length)) {
    const text = bytes === null ? '' : bytes.toString('utf8');
    const before = headers.get(name);
    headers.set(name, before === undefined ? text : [before, text].flat());
  }
  return Object.fromEntries(headers);
}

/** The first event that fits; looks again until there is one. */
export async function waitFor(
  list: (topic?: string) => Promise<PublishedEvent[]>,
  what: EventMatcher,
  options: WaitOptions = {},
): Promise<PublishedEvent> {
  const { fits, topic, within } = checked(what, options);
  const begun = now();
  for (;;) {
    const events = await list(topic);
    const found = events.find(fits);
    if (found !== undefined) return found;
    if (now() - begun > within) throw notThere(what, topic, within, events);
    await new Promise((resolve) => void setTimeout(resolve, STEP_MS));
  }
}

function checked(what: unknown, options: unknown) {
  if (typeof what !== 'function' && (typeof what !== 'string' || what === '')) {
    throw invalid(`waitForEvent takes an event type or a function that tells whether it is the one, not ${show(what)}`);
  }
  if (typeof options !== 'object' || options === null)
    throw invalid(`the options of waitForEvent are an object, not ${show(options)}`);
  const { topic, within = WITHIN_MS } = options as WaitOptions;
  if (topic !== undefined) assertTopicName(topic);
  if (typeof within !== 'number' || !(within >= 0)) throw invalid(`within is a number of ms, not ${show(within)}`);
  const fits = (event: PublishedEvent): boolean =>
    typeof what === 'string' ? event.eventType === what : Boolean((what as (event: PublishedEvent) => boolean)(event));
  return { fits, topic, within };
}

export function assertTopicName(topic: unknown): void {
  if (typeof topic !== 'string' || topic === '') throw invalid(`topic must be a non-empty string, not ${show(topic)}`);
}

function notThere(
  what: EventMatcher,
  topic: string | undefined,
  within: number,
  events: PublishedEvent[],
): KafkaTimeoutError {
  const wanted = typeof what === 'string' ? `event '${what}'` : 'event for which the function is true';
  const where = topic === undefined ? '' : ` in ${topic}`;
  const lines = events.slice(-MOST_LISTED).map((event) => `\n  ${inWords(event)}`);
  const more = events.length - lines.length;
  const there =
    events.length === 0
      ? 'nothing was published'
      : `there was instead:${more > 0 ? `\n  ${more} older ones` : ''}${lines.join('')}`;
  return new KafkaTimeoutError('ERR_KAFKA_TIMED_OUT', `no ${wanted}${where} within ${within} ms; ${there}`, {
    details: { topic, within, events: events.length },
  });
}

function inWords({ topic, partition, offset, key, eventType, value }: PublishedEvent): string {
  const text = value === null ? 'null' : value.toString('utf8');
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  return `${topic}[${partition}]@${offset} ${eventType ?? 'no event'}, key ${key ?? 'null'}: ${shown}`;
}
