/** W3C trace context: the `traceparent` of the active span, where the application uses OpenTelemetry. */

import { invalid, show } from './errors.js';

/** OpenTelemetry's API registers itself here, whatever its 1.x version; kafka4 does not depend on it. */
const OTEL = Symbol.for('opentelemetry.js.api.1');

interface OtelApi {
  context?: { active(): { getValue(key: symbol): unknown } };
}

/** `@opentelemetry/api` keeps the active span under a symbol of this description. */
const SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN');

interface SpanContext {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

/** W3C Trace Context, of this version or one to come; all zeros is no id, ff no version. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[\x21-\x7e]*)?$/;

let provider: (() => string | undefined) | undefined;

/** Gives the `traceparent` for messages that are published, for tracers other than OpenTelemetry. */
export function setTraceparentProvider(provide: (() => string | undefined) | undefined): void {
  if (provide !== undefined && typeof provide !== 'function') {
    throw invalid(`a traceparent provider is a function, or undefined for none, not ${show(provide)}`);
  }
  provider = provide;
}

/** Throws what a broken tracer throws, and for what is no traceparent. */
export function activeTraceparent(): string | undefined {
  const given: unknown = provider === undefined ? ofOpenTelemetry() : provider();
  if (given === undefined) return undefined;
  if (typeof given !== 'string' || !TRACEPARENT.test(given)) throw invalid(`${show(given)} is no W3C traceparent`);
  return given;
}

function ofOpenTelemetry(): string | undefined {
  const api = (globalThis as unknown as Record<symbol, OtelApi | undefined>)[OTEL];
  if (api?.context === undefined) return undefined;
  const span = api.context.active().getValue(SPAN_KEY) as { spanContext?(): SpanContext } | undefined;
  const context = span?.spanContext?.();
  // A span whose id is all zeros is that of a tracer that is not set up.
  if (context === undefined || /^0*$/.test(context.traceId)) return undefined;
  return `00-${context.traceId}-${context.spanId}-${(context.traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}
