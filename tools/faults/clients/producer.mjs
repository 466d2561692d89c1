// Sends numbered messages at a steady rate, awaits none before the next, and notes what became of each send.
//
//   node producer.mjs '{"client":"kafka4","brokers":"…","topic":"…","run":"…","keys":12,"burst":1,"size":100,"everyMs":50}'
//
// `burst` sends of `size` messages each, called in one turn of the event loop, every `everyMs`.

import { randomBytes } from 'node:crypto';
import { runChild } from './child.mjs';
import { now } from './journal.mjs';

await runChild(async ({ settings, journal, counts, adapter }) => {
  const { topic, run, keys, burst, size, everyMs, bytes = 100 } = settings;
  const producer = await adapter.producer(settings);
  Object.assign(counts, { sent: 0, acked: 0, rejected: 0, open: 0 });
  // Compression must not make little of it.
  const filler = () => randomBytes(Math.ceil(bytes * 0.75)).toString('base64');
  let next = 0;

  const send = () => {
    const first = next;
    next += size;
    const messages = Array.from({ length: size }, (_, i) => {
      const id = first + i;
      return { key: `k${id % keys}`, value: `${run}#${id} ${filler()}` };
    });
    journal.write('s', first, size, now());
    counts.sent += size;
    counts.open += 1;
    let settled;
    try {
      settled = producer.send(topic, messages);
    } catch (error) {
      settled = Promise.reject(error);
    }
    // No finally and no once: a promise cannot settle twice, but a client with callbacks can call twice.
    settled.then(
      (places) => {
        journal.write('a', first, now(), places);
        counts.acked += size;
        counts.open -= 1;
      },
      (error) => {
        journal.write('r', first, now(), adapter.describe(error));
        counts.rejected += size;
        counts.open -= 1;
      },
    );
  };

  const timer = setInterval(() => {
    for (let n = 0; n < burst; n++) send();
  }, everyMs);
  return {
    quiesce: () => clearInterval(timer),
    async stop() {
      clearInterval(timer);
      await producer.close();
    },
  };
});
