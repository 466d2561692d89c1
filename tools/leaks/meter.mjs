// What a process holds: memory, threads, descriptors. Linux tells it in /proc.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * @typedef {object} Held
 * @property {number} rssKib
 * @property {number} threads
 * @property {number} descriptors
 */

/**
 * @param {number | 'self'} [pid]
 * @returns {Held}
 */
export function held(pid = 'self') {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  // Reading the folder is a descriptor of this process itself for that moment.
  const own = pid === 'self' || pid === process.pid ? 1 : 0;
  return {
    rssKib: number('VmRSS'),
    threads: number('Threads'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length - own,
  };
}

/** The names of the threads and the kinds of the descriptors, to tell what has stayed. */
export function named(pid = 'self') {
  const names = (folder, how) =>
    readdirSync(`/proc/${pid}/${folder}`).flatMap((id) => {
      try {
        return [how(`/proc/${pid}/${folder}/${id}`)];
      } catch {
        // It is gone by now.
        return [];
      }
    });
  const counted = (all) => {
    const counts = {};
    for (const name of all) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  };
  return {
    threadNames: counted(names('task', (path) => readFileSync(`${path}/comm`, 'utf8').trim())),
    descriptorKinds: counted(names('fd', (path) => readlinkSync(path).replace(/\[\d+\]/, ''))),
  };
}

/**
 * The line of least squares through points: how much y grows with each x.
 *
 * @param {[number, number][]} points
 */
export function slope(points) {
  const n = points.length;
  if (n < 2) throw new Error(`a slope through ${n} points`);
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / n;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  const under = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  if (under === 0) throw new Error('all points of a slope have the same x');
  return over / under;
}
