// The Next.js example in this repository, made ready to run: its packages, and kafka4 as an application has it.
//
//   node tools/dev/example.mjs   for `next build` by hand in examples/nextjs; `npm run dev` does it itself

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packagesAreInstalled } from '../bootstrap/inputs.mjs';
import { IS_WINDOWS, ROOT } from '../bootstrap/paths.mjs';

export const EXAMPLE = join(ROOT, 'examples', 'nextjs');

/** What `require('kafka4')` and `import 'kafka4'` read. */
const PARTS = ['package.json', 'index.js', 'index.d.ts', 'dist'];

/** By package-lock.json, when it is not done yet. Throws an Error for the user. */
export function installPackages(dir = EXAMPLE) {
  if (packagesAreInstalled(dir)) return;
  process.stderr.write('Installing the packages of the example …\n');
  const flags = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const run = spawnSync(IS_WINDOWS ? 'npm.cmd' : 'npm', ['ci', ...flags], {
    cwd: dir,
    stdio: ['ignore', 2, 2],
    shell: IS_WINDOWS,
    env: { ...process.env, NODE_ENV: '' },
  });
  if (run.status !== 0) {
    throw new Error(
      `\`npm ci\` in ${dir} failed. Check the network and npm's settings (proxy, registry), then try again.`,
    );
  }
}

/**
 * Puts this repository's build into the application's node_modules, as a folder. npm has linked it there, and both
 * bundlers follow a link: what lies outside of node_modules is bundled for them, whatever `serverExternalPackages` says,
 * and a native addon cannot be.
 *
 * @param {string} [dir]  the application
 */
export function placeKafka4(dir = EXAMPLE) {
  const place = join(dir, 'node_modules', 'kafka4');
  const addons = readdirSync(ROOT).filter((name) => name.endsWith('.node'));
  if (addons.length === 0 || !existsSync(join(ROOT, 'dist', 'index.js'))) {
    throw new Error('kafka4 is not built: npm run build');
  }
  // A server that runs keeps the addon that it has open.
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const part of [...PARTS, ...addons]) cpSync(join(ROOT, part), join(place, part), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installPackages();
  placeKafka4();
}
