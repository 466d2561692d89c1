// A member of a group that notes each message when its handler has finished.
//
//   node consumer.mjs '{"client":"kafka4","brokers":"…","topic":"…","group":"…","run":"…","handlerMs":0}'

import { runChild } from './child.mjs';
import { now } from './journal.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

await runChild(async ({ settings, journal, counts, adapter }) => {
  const { run, handlerMs = 0, slowEvery = 1 } = settings;
  const mark = `${run}#`;
  Object.assign(counts, { handled: 0 });

  async function handle(partition, offset, value) {
    const text = value === null ? '' : value.toString('latin1', 0, 400);
    const at = text.indexOf(mark);
    const id = at < 0 ? -1 : Number.parseInt(text.slice(at + mark.length), 10);
    if (handlerMs > 0 && id % slowEvery === 0) await sleep(handlerMs);
    journal.write('h', partition, Number(offset), id, now());
    counts.handled += 1;
  }

  const consumer = await adapter.consumer(settings, {
    handle,
    event: (type, data) => journal.write('e', type, now(), data),
  });
  return { stop: () => consumer.close() };
});
