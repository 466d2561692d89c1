// What the producer's and the consumer's process share: settings from the command line, commands from stdin, counts to
// stdout, an end when the lab is gone.

import { createInterface } from 'node:readline';
import { Journal, now } from './journal.mjs';

const TELL_MS = 200;

/**
 * @param {(context: { settings: any, journal: Journal, counts: Record<string, number>, adapter: any }) =>
 *   Promise<{ quiesce?(): void, stop(): Promise<void> }>} main
 */
export async function runChild(main) {
  const settings = JSON.parse(process.argv[2]);
  const journal = new Journal(settings.journal);
  const counts = {};
  const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
  process.stdout.on('error', () => {});

  const commands = createInterface({ input: process.stdin });
  // The lab has ended without saying so: nobody reads what is done here any more.
  commands.on('close', () => process.exit(3));
  /** @type {Promise<{ quiesce?(): void, stop(): Promise<void> }>} */
  let running;
  const ticker = setInterval(() => tell(counts), TELL_MS);
  commands.on('line', async (command) => {
    const client = await running;
    if (command === 'quiesce') return client.quiesce?.();
    if (command !== 'stop') return;
    const begun = performance.now();
    await client.stop();
    journal.write('x', now(), Math.round(performance.now() - begun));
    clearInterval(ticker);
    tell(counts);
    // Nothing of ours keeps the process now: it ends when the client lets it.
    commands.removeAllListeners('close');
    process.stdin.destroy();
  });
  const adapter = await import(`./adapters/${settings.client}.mjs`);
  running = main({ settings, journal, counts, adapter });
  await running;
  tell({ ready: true });
}
