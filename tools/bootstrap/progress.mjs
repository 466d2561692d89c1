// Shows the events of prepare(): on a terminal one line that lives, elsewhere plain lines, often enough that
// nobody (and no CI service) believes that it hangs.

import { LiveArea } from '../terminal/live.mjs';
import { inCi } from './paths.mjs';

/** In plain output one line for as long as this, when nothing else was said. */
const PLAIN_INTERVAL_MS = 15_000;

/**
 * @typedef {{ type: 'start', step: string, title: string, hint?: string }
 *   | { type: 'update', step: string, elapsed: number, detail: string, done: number, total: number }
 *   | { type: 'done', step: string, title: string, elapsed: number }
 *   | { type: 'failed', step: string, title: string, elapsed: number }
 *   | { type: 'note', text: string }} ProgressEvent
 *   `update` comes at least once a second; elapsed is in milliseconds; total is 0 while it is not known
 */

/**
 * @param {NodeJS.WriteStream} [stream]
 * @returns {(event: ProgressEvent) => void}
 */
export function showProgress(stream = process.stderr) {
  const area = new LiveArea(stream);
  const live = area.enabled && !inCi();
  let title = '';
  let said = 0;
  let lastDetail = '';
  const say = (line) => (live ? area.print(line) : stream.write(`${line}\n`));

  return (event) => {
    if (event.type === 'note') return say(event.text);
    if (event.type === 'start') {
      title = event.title;
      said = 0;
      lastDetail = '';
      const hint = event.hint ? ` (${event.hint})` : '';
      if (live) area.draw([`${title}${hint} …`]);
      else say(`${title}${hint} …`);
      return;
    }
    if (event.type === 'update') {
      const line = `  ${clock(event.elapsed)}  ${describe(event)}`;
      if (live) return area.draw([`${title}${line}`]);
      if (event.elapsed - said < PLAIN_INTERVAL_MS) return;
      // The same words again and again look like a hang: say that it is still the same.
      const still = event.detail !== '' && event.detail === lastDetail ? ', still' : '';
      lastDetail = event.detail;
      said = event.elapsed;
      return say(`${line}${still}`);
    }
    if (live) area.close();
    say(
      event.type === 'done'
        ? `${title}: done in ${clock(event.elapsed)}`
        : `${title}: failed after ${clock(event.elapsed)}`,
    );
  };
}

function describe({ done, total, detail }) {
  const count = total > 0 ? `${done} of ${total}` : '';
  return [count, detail].filter((part) => part !== '').join('  ') || 'working';
}

/** 83000 → 1:23; below a minute, 4.2 s. @param {number} ms */
export function clock(ms) {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}
