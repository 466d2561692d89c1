// traceparent: where it comes from, and that a broken tracer keeps nothing from being published.

import { initializeKafka4, kafkaProducerService, setTraceparentProvider } from '@/lib/kafka';
import { activeTraceparent } from '@/lib/kafka/trace';
import { useEmbeddedBroker } from '../support/broker';

useEmbeddedBroker();

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const API = Symbol.for('opentelemetry.js.api.1');
const SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN');

/** Makes a span active as @opentelemetry/api 1.x registers it. */
function activate(spanContext: unknown): void {
  const active = { getValue: (key: symbol) => (key === SPAN_KEY ? { spanContext: () => spanContext } : undefined) };
  (globalThis as any)[API] = { version: '1.9.0', context: { active: () => active } };
}

afterEach(() => {
  setTraceparentProvider(undefined);
  delete (globalThis as any)[API];
});

test('nobody traces: no traceparent', () => {
  expect(activeTraceparent()).toBeUndefined();
  (globalThis as any)[API] = { version: '1.9.0' };
  expect(activeTraceparent()).toBeUndefined();
});

test("OpenTelemetry's active span, sampled and not", () => {
  activate({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
  expect(activeTraceparent()).toBe(`00-${TRACE}-${SPAN}-01`);
  activate({ traceId: TRACE, spanId: SPAN, traceFlags: 0 });
  expect(activeTraceparent()).toBe(`00-${TRACE}-${SPAN}-00`);
});

test("OpenTelemetry's span of nobody is no trace", () => {
  activate({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 });
  expect(activeTraceparent()).toBeUndefined();
});

test('a provider wins over OpenTelemetry', () => {
  activate({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
  setTraceparentProvider(() => `00-${'a'.repeat(32)}-${SPAN}-01`);
  expect(activeTraceparent()).toBe(`00-${'a'.repeat(32)}-${SPAN}-01`);
});

const fails = () => {
  throw new Error('tracer is broken');
};
test.each<[string, () => any]>([
  ['throws', fails],
  ['gives a number', () => 7],
  ['gives an empty text', () => ''],
  ['gives a text that is none', () => 'abc'],
  ['gives a line break', () => `00-${TRACE}-${SPAN}-01\r\nx: y`],
  ['gives a promise', async () => `00-${TRACE}-${SPAN}-01`],
  ['gives zeros', () => `00-${'0'.repeat(32)}-${SPAN}-01`],
])('an event is published without traceparent where the tracer %s', async (_, provider) => {
  setTraceparentProvider(provider);
  await initializeKafka4();
  await expect(kafkaProducerService.publishUserEvent('e', 'u', 1)).resolves.toHaveLength(1);
});
