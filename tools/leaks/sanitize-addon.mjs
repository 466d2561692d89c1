// Builds the addon with a librdkafka that AddressSanitizer watches, for runs that are to find what librdkafka does to
// memory (hostile frames: tools/fuzz/frames/run.mjs --addon). Prints the path of the addon.
//
//   node tools/leaks/sanitize-addon.mjs
//   node tools/fuzz/frames/run.mjs --addon "$(node tools/leaks/sanitize-addon.mjs)"
//
// It lies in target/sanitized, beside the usual one, and takes minutes once.

import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bootstrap/paths.mjs';
import { cargoTarget } from '../test/rust.mjs';

const target = cargoTarget();
const folder = process.env.KAFKA4_SANITIZED_TARGET ?? join(ROOT, 'target', 'sanitized');

const build = spawnSync('cargo', ['build', '--release', '-p', 'kafka4', ...target], {
  cwd: ROOT,
  stdio: ['ignore', 2, 2],
  env: {
    ...process.env,
    CARGO_TARGET_DIR: folder,
    KAFKA4_LIBRDKAFKA_CC: 'gcc -fsanitize=address -fno-omit-frame-pointer -g',
  },
});
if (build.status !== 0) process.exit(build.status ?? 1);
// Node loads an addon by its extension.
const addon = join(folder, 'kafka4.node');
copyFileSync(join(folder, ...target.slice(1), 'release', 'libkafka4.so'), addon);
process.stdout.write(`${addon}\n`);
