// What the samples of a run say: whether memory grows with the cycles, and whether threads and descriptors stay.

import { slope } from './meter.mjs';

/** KiB a cycle. Below it nothing that a cycle makes can have stayed: a client alone is a hundred times that. */
export const MOST_KIB = 10;

/**
 * @typedef {import('./meter.mjs').Held & { cycle: number, settled?: boolean, heapKib: number, threadNames?: object, descriptorKinds?: object }} Sample
 */

/**
 * @param {Sample[]} samples  the first and the last are settled
 * @param {number} [mostKib]
 */
export function judge(samples, mostKib = MOST_KIB) {
  const [first, last] = [samples[0], samples.at(-1)];
  const cycles = last.cycle;
  // The first half warms caches and arenas; settled samples are of another state than those between cycles.
  const second = samples.filter(({ cycle, settled }) => cycle >= cycles / 2 && !settled);
  const kibACycle = slope(second.map(({ cycle, rssKib }) => [cycle, rssKib]));
  const problems = [];
  if (kibACycle > mostKib) problems.push(`RSS grows by ${kibACycle.toFixed(2)} KiB a cycle, more than ${mostKib}`);
  for (const what of /** @type {const} */ (['threads', 'descriptors'])) {
    if (last[what] > first[what]) {
      const names = ({ threadNames, descriptorKinds }) => JSON.stringify({ threadNames, descriptorKinds });
      const now = `${last[what]} ${what}, at the start there were ${first[what]}`;
      problems.push(`${now} (${names(first)} before, ${names(last)} now)`);
    }
  }
  return { cycles, kibACycle, first, last, problems };
}
