// The places that building and testing agree on.

import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Git-ignored. Not target/: that one moves with CARGO_TARGET_DIR and is emptied by `cargo clean`. */
export const STATE_DIR = join(ROOT, '.kafka');

export const IS_WINDOWS = process.platform === 'win32';

/** A command of an installed package, without npx and its start time. */
export const bin = {
  jest: join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
  tsc: join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
  biome: join(ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
};

/** CI services set CI=true (some CI=1); `CI=false` and an empty CI mean a person. */
export function inCi(env = process.env) {
  return Boolean(env.CI) && !['0', 'false'].includes(env.CI.toLowerCase());
}
