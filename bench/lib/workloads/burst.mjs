// A million sends in one go, none awaited: each must settle, by an acknowledgement or by an error with a code, and
// memory must stay bounded.

import { Meter } from '../meter.mjs';
import { sends } from '../payloads.mjs';

export async function run(adapter, row, options) {
  const [topic] = options.topics;
  // For the settings of the clients that make batches: everything is sent at once.
  const client = await adapter.producer({ ...options, batch: options.total }, row);
  const pool = sends(options).map((messages) => client.prepare?.(messages, topic) ?? messages);
  // Connected and known before it begins.
  await client.send(topic, pool[0]);
  const before = process.memoryUsage.rss() / 2 ** 20;
  let acknowledged = 1;
  let left = options.total - 1;
  /** @type {Record<string, number>} */
  const refused = {};
  const meter = new Meter();
  await new Promise((resolve) => {
    const settled = () => {
      left -= 1;
      if (left === 0) resolve(undefined);
    };
    const yes = () => {
      acknowledged += 1;
      settled();
    };
    const no = (error) => {
      const code = String(error?.code ?? error?.name ?? error);
      refused[code] = (refused[code] ?? 0) + 1;
      settled();
    };
    for (let i = 1; i < options.total; i++) client.send(topic, pool[i % pool.length]).then(yes, no);
  });
  const result = meter.stop(options.total - 1);
  await client.close();
  const growthMb = result.rssMb - before;
  return { ...result, delivered: acknowledged, settled: options.total, refused, growthMb, baseMb: before };
}
