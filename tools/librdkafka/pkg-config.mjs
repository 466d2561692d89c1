#!/usr/bin/env node
// The pkg-config that the build script of rdkafka-sys asks for librdkafka (.cargo/config.toml). It runs inside
// that build script, with what cargo tells it of the libraries that were built before: so one `cargo build`
// makes everything in the right order, and nothing has to be prepared by hand.
//
//   pkg-config.mjs --libs --cflags [--static] rdkafka 'rdkafka >= 2.12.1'   builds, then answers
//   pkg-config.mjs --modversion rdkafka
//
// Anything else is handed on to the system's pkg-config.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compile } from './compile.mjs';
import { revision, VERSION } from './revision.mjs';
import { ensureSources } from './sources.mjs';

const args = process.argv.slice(2);
if (!args.some((arg) => /^rdkafka\b/.test(arg))) handOn();
try {
  process.stdout.write(`${await answer()}\n`);
} catch (error) {
  process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
  process.exitCode = 1;
}

async function answer() {
  if (args.includes('--modversion')) return VERSION;
  const { env } = process;
  if (!env.OUT_DIR) throw new Error('OUT_DIR is not set: this runs for the build script of rdkafka-sys only');
  if (env.RDKAFKA_STATIC !== revision())
    throw new Error(`RDKAFKA_STATIC in .cargo/config.toml must be "${revision()}", as tools/librdkafka/ has changed`);
  const library = await compile({ sources: ensureSources(VERSION), out: join(env.OUT_DIR, 'librdkafka'), env });
  return `-L${library} -lrdkafka`;
}

function handOn() {
  const { status } = spawnSync('pkg-config', args, { stdio: 'inherit' });
  process.exit(status ?? 1);
}
