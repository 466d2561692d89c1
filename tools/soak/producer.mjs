// Sends numbered messages at a steady rate until its standard input ends, and notes which were acknowledged.
//
//   KAFKA_BROKER=… node --expose-gc producer.mjs '{"topic":"…","rate":2000,"most":3600000,"size":200,"file":"acked.bin"}'

import { KafkaProducerService, kafkaInitializationService } from 'kafka4';
import { Numbers } from './numbers.mjs';
import { stopped, tell } from './told.mjs';

const { topic, rate, most, size, file } = JSON.parse(process.argv[2]);
const EVERY_MS = 20;
/** More than an outage of a minute makes: then the process waits, as an application with backpressure does. */
const MOST_IN_FLIGHT = rate * 90;
const KEYS = 64;

const producer = new KafkaProducerService();
const acked = new Numbers(most);
const counts = { sent: 0, acked: 0, rejected: 0, inFlight: 0, slowestMs: 0, held: 0, errors: {} };
const filler = 'x'.repeat(size);

function send(from, count) {
  const messages = Array.from({ length: count }, (_, i) => ({
    key: `k${(from + i) % KEYS}`,
    value: `${from + i} ${filler}`.slice(0, size),
  }));
  const begun = performance.now();
  counts.sent += count;
  counts.inFlight += count;
  producer.publishBatch(topic, messages).then(
    () => {
      for (let i = 0; i < count; i += 1) acked.note(from + i);
      settled(begun, count, count);
    },
    (error) => {
      // Part of it may have been stored: each message's own outcome counts.
      let stored = 0;
      for (const [i, { status }] of (error.results ?? []).entries()) {
        if (status !== 'stored') continue;
        acked.note(from + i);
        stored += 1;
      }
      counts.errors[error.code] = (counts.errors[error.code] ?? 0) + 1;
      settled(begun, count, stored);
    },
  );
}

function settled(begun, count, stored) {
  counts.inFlight -= count;
  counts.acked += stored;
  counts.rejected += count - stored;
  counts.slowestMs = Math.max(counts.slowestMs, Math.round(performance.now() - begun));
}

await producer.connect();
const begun = performance.now();
let next = 0;
const timer = setInterval(() => {
  const due = Math.min(Math.floor(((performance.now() - begun) / 1000) * rate), most) - next;
  if (counts.inFlight + due > MOST_IN_FLIGHT) {
    counts.held += 1;
    return;
  }
  // What a pause has left is caught up with in lots of half a second, not in one.
  const count = Math.min(due, rate / 2);
  if (count <= 0) return;
  send(next, count);
  next += count;
}, EVERY_MS);
const teller = setInterval(() => {
  global.gc?.();
  tell(counts);
  counts.slowestMs = 0;
}, 1_000);
tell({ ready: true });
await stopped();
clearInterval(timer);
const closing = performance.now();
await producer.disconnect();
clearInterval(teller);
acked.write(file);
tell({ ...counts, closedMs: Math.round(performance.now() - closing) });
await kafkaInitializationService.cleanup();
