// The suite `types`: the whole of the TypeScript, specs included, counted as one test.

import { join } from 'node:path';
import { bin, ROOT } from '../bootstrap/paths.mjs';
import { runLive } from './live.mjs';

/** @returns {Promise<import('./suites.mjs').Outcome>} */
export async function runTypes() {
  const command = [process.execPath, bin.tsc, '--noEmit', '-p', join(ROOT, 'tsconfig.json')];
  const { code, problem } = await runLive('types', command);
  if (problem !== undefined) return { problem };
  const ok = code === 0;
  process.stdout.write(ok ? 'The types agree.\n' : '');
  return { counts: { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 } };
}
