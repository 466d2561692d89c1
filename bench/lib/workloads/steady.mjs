// Sends and handles at a steady rate in one process; prints the samples of its memory.
//
//   KAFKA_BROKER=host:port node bench/lib/workloads/steady.mjs <options as JSON>

import { setTimeout as sleep } from 'node:timers/promises';
import { consumer, producer } from '../../adapters/kafka4.mjs';
import { Meter } from '../meter.mjs';
import { sends } from '../payloads.mjs';

const { topic, minutes, rate } = JSON.parse(process.argv[2]);
const BATCH = 100;
/** Sends that may wait for their acknowledgement: a broker that cannot follow ends the run by its end, not by memory. */
const MOST_IN_FLIGHT = 1_000;

let handled = 0;
const tally = {
  taker:
    ({ value }) =>
    (message) => {
      if (value(message).length > 0) handled += 1;
    },
};
const reading = await consumer({ topics: [topic], group: `${topic}-steady`, each: 'batch' }, tally);
const writing = await producer();
const pool = sends({ batch: BATCH, size: 100 });

const start = performance.now();
const seconds = () => (performance.now() - start) / 1000;
const samples = [];
const sample = () => {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const mb = (bytes) => bytes / 2 ** 20;
  samples.push({
    second: seconds(),
    rssMb: mb(rss),
    heapMb: mb(heapUsed),
    externalMb: mb(external),
    buffersMb: mb(arrayBuffers),
    handled,
  });
};
sample();
const sampling = setInterval(sample, 1_000);
const meter = new Meter();
let begun = 0;
let sent = 0;
let inFlight = 0;
let failure;
while (seconds() < minutes * 60 && failure === undefined) {
  // What is due by now, so that a late timer changes nothing in the rate.
  while (begun < seconds() * rate && inFlight < MOST_IN_FLIGHT) {
    const messages = pool[(begun / BATCH) % pool.length];
    begun += BATCH;
    inFlight += 1;
    writing.send(topic, messages).then(
      () => {
        sent += BATCH;
        inFlight -= 1;
      },
      (error) => {
        failure = error;
      },
    );
  }
  await sleep(5);
}
for (const end = performance.now() + 30_000; performance.now() < end && (inFlight > 0 || handled < sent); )
  await sleep(20);
if (failure !== undefined) throw failure;
const result = meter.stop(sent);
clearInterval(sampling);
await writing.close();
await reading.close();
process.stdout.write(`${JSON.stringify({ ...result, sent, handled, samples })}\n`);
