// What a soak has shown: whether anything was lost, and whether memory stayed.

import { slope } from '../leaks/meter.mjs';
import { Numbers } from './numbers.mjs';

/** KiB that the median RSS of the last quarter may lie above that of the second one. */
const MOST_GROWTH_KIB = 24 * 1024;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** @param {import('./part.mjs').Part} part */
export function memoryOf({ name, samples }) {
  const quarter = (n) => samples.slice((samples.length * n) / 4, (samples.length * (n + 1)) / 4);
  const rss = (all) => median(all.map(({ rssKib }) => rssKib));
  const half = samples.slice(samples.length / 2);
  return {
    name,
    peakKib: Math.max(...samples.map(({ rssKib }) => rssKib)),
    secondQuarterKib: rss(quarter(1)),
    lastQuarterKib: rss(quarter(3)),
    kibAMinute: slope(half.map(({ second, rssKib }) => [second / 60, rssKib])),
    threads: [quarter(1).at(0)?.threads, samples.at(-1)?.threads],
    descriptors: [quarter(1).at(0)?.descriptors, samples.at(-1)?.descriptors],
  };
}

/**
 * @param {object} run
 * @param {string} run.ackedFile
 * @param {string} run.handledFile
 * @param {import('./part.mjs').Part} run.producer
 * @param {import('./part.mjs').Part} run.consumer
 * @param {{ code: number | null, signal: string | null, hung: boolean }[]} run.ends
 * @param {string[]} run.troubles  that came up on the way
 */
export function judge({ ackedFile, handledFile, producer, consumer, ends, troubles }) {
  const problems = [...troubles];
  for (const { code, signal, hung } of ends) {
    if (hung) problems.push('a process did not end');
    else if (signal !== null || code !== 0) problems.push(`a process ended by ${signal ?? `code ${code}`}`);
  }
  const lost = ends.some(({ hung }) => hung)
    ? { count: Number.NaN, first: [] }
    : Numbers.read(ackedFile).without(Numbers.read(handledFile));
  if (lost.count !== 0) problems.push(`${lost.count} acknowledged and not handled: ${lost.first.join(', ')} …`);
  if (producer.told.rejected > 0)
    problems.push(`${producer.told.rejected} rejected: ${JSON.stringify(producer.told.errors)}`);
  if (consumer.told.outOfOrder > 0) problems.push(`${consumer.told.outOfOrder} first deliveries out of order`);
  const memory = [memoryOf(producer), memoryOf(consumer)];
  for (const { name, secondQuarterKib, lastQuarterKib } of memory) {
    const grown = lastQuarterKib - secondQuarterKib;
    if (grown > MOST_GROWTH_KIB) problems.push(`${name} grew by ${(grown / 1024).toFixed(1)} MiB`);
  }
  return { lost: lost.count, producer: producer.told, consumer: consumer.told, memory, problems };
}
