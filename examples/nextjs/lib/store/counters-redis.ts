// Counters in Redis, shared by all servers. Each partition's position is kept beside them and moves in the same script,
// so that an event that is delivered twice counts once.

import { createClient } from 'redis';
import type { Counted, CounterStore } from './counters';

const VALUES = 'edu-matrix:counters';
const POSITIONS = 'edu-matrix:positions';

/** KEYS: values, positions. ARGV: the partition's name, then offset, field and step of each. */
const COUNT = `
  local last = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '-1')
  local newest = last
  for i = 2, #ARGV, 3 do
    local offset = tonumber(ARGV[i])
    if offset > last then
      redis.call('HINCRBY', KEYS[1], ARGV[i + 1], ARGV[i + 2])
      newest = math.max(newest, offset)
    end
  end
  if newest > last then redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f', newest)) end
  return 1`;

/** Arguments of one script call; Lua's stack and other users of the server set bounds. */
const STEPS_A_CALL = 500;

export class RedisCounters implements CounterStore {
  readonly kind = 'redis';
  readonly #client;
  #connecting: Promise<unknown> | undefined;

  constructor(url: string) {
    this.#client = createClient({
      url,
      // A handler must learn that Redis is away, not wait for it: kafka4 tries again.
      disableOfflineQueue: true,
      socket: { connectTimeout: 3_000, reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, 2_000) },
    });
    // Told by check(); without a listener it would end the process.
    this.#client.on('error', () => {});
  }

  async add({ cluster, topic, partition, steps }: Counted): Promise<void> {
    const client = await this.#ready();
    const place = `${cluster}/${topic}/${partition}`;
    for (let from = 0; from < steps.length; from += STEPS_A_CALL) {
      const part = steps.slice(from, from + STEPS_A_CALL);
      const args = part.flatMap(({ offset, field, by }) => [offset, field, String(by)]);
      await client.eval(COUNT, { keys: [VALUES, POSITIONS], arguments: [place, ...args] });
    }
  }

  async read(): Promise<Record<string, number>> {
    const values = await (await this.#ready()).hGetAll(VALUES);
    return Object.fromEntries(Object.entries(values).map(([field, value]) => [field, Number(value)]));
  }

  async check(): Promise<void> {
    await (await this.#ready()).ping();
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  /** Connects at first use. While it is away the client reconnects by itself, and this rejects. */
  async #ready() {
    if (!this.#connecting) {
      this.#connecting = this.#client.connect();
      this.#connecting.catch(() => {});
    }
    if (this.#client.isReady) return this.#client;
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('Redis does not answer')), 3_000).unref();
    });
    await Promise.race([this.#connecting, late]);
    if (!this.#client.isReady) throw new Error('Redis does not answer');
    return this.#client;
  }
}
