// A second copy of kafka4, as a package manager makes one when two packages ask for two versions.

import { copyFileSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../bootstrap/paths.mjs';

/** Copied and not linked: the loader must not find that it has the same file already. */
export function makeCopy() {
  const dir = mkdtempSync(join(tmpdir(), 'kafka4-copy-'));
  const addons = readdirSync(ROOT).filter((name) => name.endsWith('.node'));
  if (addons.length === 0) throw new Error('there is no addon to copy: npm run build');
  for (const name of ['package.json', 'index.js', ...addons]) copyFileSync(join(ROOT, name), join(dir, name));
  cpSync(join(ROOT, 'dist'), join(dir, 'dist'), { recursive: true });
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
