/**
 * Keeps the process alive while there is something to wait for: a publish in flight, a request, a running consumer.
 * The wake-ups of the addon are weak, so a program that only published and finished ends by itself.
 */
import * as timers from 'node:timers';

// Taken at import, and not from globalThis: fake timers of a test runner must not take them away, and jsdom has fewer.
const { setInterval } = timers;

/** Under a test runner a forgotten consumer must not hang the run: the runner keeps the process alive itself. */
const underTest = process.env.JEST_WORKER_ID !== undefined || process.env.VITEST !== undefined;

/** The longest interval a timer takes; it only has to exist. */
const FOREVER_MS = 2 ** 31 - 1;

let holders = 0;
let timer: ReturnType<typeof setInterval> | undefined;

export function hold(): void {
  holders += 1;
  if (holders !== 1 || underTest) return;
  timer ??= setInterval(() => {}, FOREVER_MS);
  timer.ref();
}

export function release(): void {
  holders -= 1;
  if (holders === 0) timer?.unref();
}
