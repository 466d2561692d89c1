// librdkafka from Rust alone (bench/native): the limit. A program of its own, so it runs whole workloads itself.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cargoTarget } from '../../tools/test/rust.mjs';

export const rows = [{ name: 'native', title: 'native (Rust, librdkafka)' }];

/** Where a limit makes sense it has one. */
export function cannot({ name, kind }) {
  if (name === 'consume-json') return 'what JSON.parse costs has no counterpart in Rust';
  if (name === 'produce-strings') return 'the same as with Buffers';
  if (kind === 'burst') return 'it sends what has room';
  return undefined;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** As the addon is built: librdkafka and OpenSSL are compiled once for both. */
const target = cargoTarget();

/** Cargo's folder can be moved by the usual variable. */
export const binary = join(
  process.env.CARGO_TARGET_DIR ?? join(root, 'target'),
  ...target.slice(1),
  'release',
  process.platform === 'win32' ? 'kafka4-bench-native.exe' : 'kafka4-bench-native',
);

/** Undefined where it can be run, else why not. Builds it where Cargo is there. */
export function unavailable(say = () => {}) {
  if (process.env.KAFKA4_BENCH_NO_BUILD !== '1') {
    say('Building the native program (cargo build --release -p kafka4-bench-native)');
    const built = spawnSync('cargo', ['build', '--release', '--quiet', '-p', 'kafka4-bench-native', ...target], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
    if (built.error) say(`Cargo cannot be run: ${built.error.message}`);
  }
  return existsSync(binary) ? undefined : `${binary} is not built (cargo build --release -p kafka4-bench-native)`;
}

export function version() {
  return describe().librdkafka;
}

/** Version and librdkafka properties, which are kafka4's own: both read the same tables. */
export function describe() {
  const run = spawnSync(binary, ['describe'], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${binary} failed: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

/** An awaited handler a message has no counterpart in Rust: the limit stays the batch. */
export function run(workload, options) {
  const child = spawn(binary, [workload.kind, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(out));
      else reject(new Error(`${binary} ended with ${signal ?? code}`));
    });
  });
}
