/** REQUEST, REQUEST_TIMEOUT, REQUEST_QUEUE_SIZE, and what consumers tell of fetches and heartbeats, from the requests
 * that the core has noted (core/src/requests). */
import { apiNameOf } from './api-names.js';
import type { InstrumentationEmitter } from './emitter.js';

type RequestNote =
  | { type: 'sent'; broker: string; brokerId: number; apiKey: number; queueSize: number }
  | {
      type: 'answered';
      broker: string;
      brokerId: number;
      apiKey: number;
      apiVersion: number;
      correlationId: number;
      sentAt: number;
      duration: number;
      size: number;
      queueSize: number;
      timedOut: boolean;
      failed: boolean;
    };

/** Names of a client's events; those of fetches are a consumer's. */
export interface RequestEventNames {
  readonly REQUEST: string;
  readonly REQUEST_TIMEOUT: string;
  readonly REQUEST_QUEUE_SIZE: string;
  readonly FETCH?: string;
  readonly FETCH_START?: string;
}

/** Kafka's numbers. */
const FETCH = 1;
const HEARTBEATS = new Set([12, 68]);

/**
 * @param notes JSON texts
 * @param group told of the heartbeats that a coordinator has answered
 */
export function requestEvents(
  notes: string[],
  emitter: InstrumentationEmitter,
  names: RequestEventNames,
  clientId: string,
  group?: { heartbeat(): void },
): void {
  for (const text of notes) {
    const note = JSON.parse(text) as RequestNote;
    const { broker, brokerId, apiKey, queueSize } = note;
    emitter.emit(names.REQUEST_QUEUE_SIZE, { broker, clientId, queueSize });
    // Texts, as in KafkaJS at run time.
    if (note.type === 'sent') {
      if (apiKey === FETCH && names.FETCH_START) emitter.emit(names.FETCH_START, { nodeId: String(brokerId) });
      continue;
    }
    const { apiVersion, correlationId, sentAt, duration, size, timedOut, failed } = note;
    // When librdkafka made the request is not told: it counts from when it was written.
    const request = {
      broker,
      clientId,
      correlationId,
      createdAt: sentAt,
      sentAt,
      pendingDuration: 0,
      apiName: apiNameOf(apiKey),
      apiKey,
      apiVersion,
    };
    if (timedOut) emitter.emit(names.REQUEST_TIMEOUT, request);
    else if (!failed) emitter.emit(names.REQUEST, { ...request, size, duration: Math.round(duration) });
    if (failed) continue;
    if (apiKey === FETCH && names.FETCH) {
      emitter.emit(names.FETCH, { numberOfBatches: 0, duration: Math.round(duration), nodeId: String(brokerId) });
    }
    if (HEARTBEATS.has(apiKey)) group?.heartbeat();
  }
}
