// tsc writes and never removes: a module that was renamed would stay in dist/, be published, and be found by
// whoever imports its old name.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of dist/ whose index.js can be imported from outside: the package itself, and its subpaths. */
export const ENTRIES = ['.', 'testing'];

/** Made from no source of their own; written again right after. */
const OWN = new Set([
  ...ENTRIES.flatMap((entry) => [join(entry, 'index.mjs'), join(entry, 'index.d.mts')]),
  join('unsupported', 'index.js'),
  join('unsupported', 'index.mjs'),
]);

/**
 * @param {string} lib
 * @param {string} dist
 * @returns {string[]} what was removed, relative to dist
 */
export function sweepDist(lib, dist, folder = '') {
  const removed = [];
  for (const entry of readdirSync(join(dist, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      removed.push(...sweepDist(lib, dist, path));
      if (readdirSync(join(dist, path)).length === 0) rmSync(join(dist, path), { recursive: true });
      continue;
    }
    const source = join(lib, path.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts'));
    if (existsSync(source) || OWN.has(path)) continue;
    rmSync(join(dist, path));
    removed.push(path);
  }
  return removed;
}
