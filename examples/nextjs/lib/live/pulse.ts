// What pages get without an event: the chart moves each second, totals and health are looked at every two.
// Runs only while somebody looks.

import type { AppState } from '@/lib/app-state';
import { appHealth } from '@/lib/health';
import { totals } from '@/lib/totals';

const TICK_MS = 1_000;
/** A late event may belong to the second before. */
const CHART_OVERLAP = 5;

const KEY = Symbol.for('edu-matrix.pulse.v1');
const holder = globalThis as { [KEY]?: NodeJS.Timeout };

export function startPulse(state: AppState): void {
  if (holder[KEY]) return;
  let tick = 0;
  // A database that hangs must not gather questions.
  let looking = false;
  const timer = setInterval(() => {
    if (state.hub.listeners === 0) {
      clearInterval(timer);
      holder[KEY] = undefined;
      return;
    }
    state.hub.broadcast({ kind: 'chart', value: state.hub.chart.recent(CHART_OVERLAP) });
    tick += 1;
    if (looking || tick % 2 === 0) return;
    looking = true;
    void look(state).finally(() => {
      looking = false;
    });
  }, TICK_MS);
  timer.unref();
  holder[KEY] = timer;
}

async function look(state: AppState): Promise<void> {
  const health = await appHealth(state);
  state.hub.broadcast({ kind: 'health', value: health });
  state.hub.broadcast({ kind: 'totals', value: await totals(state) });
}
