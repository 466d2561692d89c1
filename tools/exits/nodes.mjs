// Versions of Node.js to run on: the one at hand, and others from the npm registry, which has each as a package for
// every platform. They are kept in the git-ignored state folder.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arch, platform } from 'node:process';
import { IS_WINDOWS, STATE_DIR } from '../bootstrap/paths.mjs';

/** @typedef {{ path: string, version: string }} Node */

/**
 * @param {string} wanted  a path, a major version as `24`, or `here`
 * @returns {Node}
 */
export function findNode(wanted) {
  if (wanted === 'here') return { path: process.execPath, version: process.version };
  return versionOf(/^\d+$/.test(wanted) ? fetched(wanted) : wanted);
}

/** @returns {Node} */
function versionOf(path) {
  const { stdout, error } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  if (error || !/^v\d/.test(stdout)) throw new Error(`${path} is no Node.js: ${error?.message ?? stdout}`);
  return { path, version: stdout.trim() };
}

/** The executable of the newest release of a major version. */
function fetched(major) {
  const name = `node-${IS_WINDOWS ? 'win' : platform}-${arch}`;
  const dir = join(STATE_DIR, 'nodes', major);
  const path = join(dir, 'node_modules', name, 'bin', IS_WINDOWS ? 'node.exe' : 'node');
  if (existsSync(path)) return path;
  mkdirSync(dir, { recursive: true });
  // Its own root: npm must not look for one in the folders above.
  writeFileSync(join(dir, 'package.json'), '{ "private": true }\n');
  process.stderr.write(`Fetching Node.js ${major} (npm package ${name})\n`);
  const npm = IS_WINDOWS ? 'npm.cmd' : 'npm';
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${major}`];
  const { status, stderr } = spawnSync(npm, args, { cwd: dir, encoding: 'utf8', shell: IS_WINDOWS });
  if (status !== 0 || !existsSync(path)) throw new Error(`npm could not fetch ${name}@${major}\n${stderr}`);
  return path;
}
