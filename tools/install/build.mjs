// Builds the addon of an installed package from the sources that are in it, with cargo alone: the tools that a clone
// has (napi, TypeScript) are not there.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { CARGO_PROGRESS_ENV, CargoProgress } from '../bootstrap/cargo-progress.mjs';
import { onInterrupt, stopChildren } from '../bootstrap/child.mjs';
import { ROOT } from '../bootstrap/paths.mjs';
import { findCargo, missingTools } from '../bootstrap/requirements.mjs';
import { PrepareError, runStep } from '../bootstrap/step.mjs';
import { installProgress } from './progress.mjs';

const requireHere = createRequire(import.meta.url);
const { loadFailure } = requireHere('./loads.cjs');
const { addonFile, platformName, thisPlatform, tripleFits } = requireHere('./platform.cjs');

/** Processor seconds of a build, nearly all of them librdkafka and OpenSSL in C. */
const BUILD_CPU_SECONDS = 410;

const WITHOUT = [
  'Without it: KAFKA4_SKIP_BUILD=1 in front of the same command installs kafka4 without its native part;',
  'it can then be imported and type-checked, but not used.',
].join('\n');

/**
 * @param {object} options
 * @param {string} options.why  there is something to build, for the user
 * @param {NodeJS.ProcessEnv} [options.env]
 * @returns {Promise<void>} rejects with a PrepareError, whose message is for the user
 */
export async function buildFromSource({ why, env = process.env }) {
  const progress = installProgress({ env });
  progress({ type: 'note', text: `kafka4: ${why}. It is built from source.` });
  if (process.platform === 'win32') throw new PrepareError(windows(why));
  findCargo(env);
  const missing = missingTools(['install', 'compile']);
  if (missing) throw new PrepareError([`kafka4: ${why}.`, missing, alpine(), WITHOUT].filter(Boolean).join('\n\n'));

  const target = targetFolder(env);
  const quiet = onInterrupt(async () => {
    await stopChildren();
    cleanUp(target);
  });
  try {
    const triple = hostTriple(env);
    await compile({ target: target.path, triple, env, progress });
    put(join(target.path, triple, 'release', libraryName()));
  } finally {
    quiet();
    cleanUp(target);
  }
}

async function compile({ target, triple, env, progress }) {
  const minutes = Math.ceil(BUILD_CPU_SECONDS / 60 / Math.min(Math.max(cpus().length, 1), 4)) + 1;
  await runStep(
    {
      step: 'native',
      title: 'Building the native part of kafka4',
      hint: `about ${minutes} minutes`,
      command: 'cargo',
      // With the target named, the library lies in the same place whatever the user's own settings of cargo say.
      args: ['build', '--release', '--locked', '--package', 'kafka4', '--target', triple, '--target-dir', target],
      env: { ...env, ...CARGO_PROGRESS_ENV, ...rustFlags(env) },
      reader: new CargoProgress(),
      advice: [
        'What often helps: a current Rust (`rustup update`), a complete C toolchain, 3 GB of free disk space, a network',
        'that reaches the registries of cargo and npm.',
        ...(triple === rustHost(env) ? [] : [`This Rust may lack the platform: rustup target add ${triple}`]),
        WITHOUT,
      ].join('\n'),
    },
    progress,
  );
}

/** @returns {{ path: string, ours: boolean }} one that the user has chosen is a cache of theirs, and stays */
function targetFolder(env) {
  const chosen = env.CARGO_TARGET_DIR;
  // The folder in which the package manager was called: this script runs in that of the package.
  if (chosen) return { path: resolve(env.INIT_CWD ?? process.cwd(), chosen), ours: false };
  return { path: join(ROOT, 'target'), ours: true };
}

/** The build takes more than a gigabyte, the addon fifteen megabytes. */
function cleanUp(target) {
  if (target.ours) rmSync(target.path, { recursive: true, force: true });
  rmSync(join(ROOT, 'tools', 'librdkafka', 'node_modules'), { recursive: true, force: true });
}

/** Moved into place whole, and only when it can be loaded. */
function put(built) {
  if (!existsSync(built)) throw new PrepareError(`cargo ended well, but did not write ${built}.`);
  const file = join(ROOT, addonFile(thisPlatform()));
  const part = join(ROOT, `.${process.pid}.${addonFile(thisPlatform())}`);
  try {
    copyFileSync(built, part);
    const failure = loadFailure(part);
    if (failure) throw new PrepareError(`The native part was built, but this Node cannot load it: ${failure}`);
    renameSync(part, file);
  } finally {
    rmSync(part, { force: true });
  }
}

/** The toolchain's own platform where it fits, so that distributions' triples (`x86_64-alpine-linux-musl`) work, too. */
function hostTriple(env) {
  const platform = thisPlatform();
  const host = rustHost(env);
  if (host !== undefined && tripleFits(host, platform)) return host;
  // A Node of the other processor, as under Rosetta.
  const cpu = { x64: 'x86_64', arm64: 'aarch64' }[platform.cpu];
  if (cpu && platform.os === 'darwin') return `${cpu}-apple-darwin`;
  if (cpu && platform.os === 'linux') return `${cpu}-unknown-linux-${platform.libc === 'musl' ? 'musl' : 'gnu'}`;
  throw new PrepareError(
    `kafka4: this Rust builds for ${host ?? 'an unknown platform'}, and this Node is ${platformName(platform)}.`,
  );
}

function rustHost(env) {
  const { stdout } = spawnSync(env.RUSTC || 'rustc', ['-vV'], { encoding: 'utf8', env });
  return /^host: (\S+)$/m.exec(stdout ?? '')?.[1];
}

/** A musl target links statically by default, and a library that is loaded at run time cannot. */
function rustFlags(env) {
  if (thisPlatform().libc !== 'musl') return {};
  return { RUSTFLAGS: [env.RUSTFLAGS, '-C target-feature=-crt-static'].filter(Boolean).join(' ') };
}

function libraryName() {
  return process.platform === 'darwin' ? 'libkafka4.dylib' : 'libkafka4.so';
}

function alpine() {
  if (thisPlatform().libc !== 'musl') return undefined;
  return 'On Alpine Linux: apk add build-base bash perl linux-headers cargo';
}

function windows(why) {
  return [
    `kafka4: ${why}.`,
    'On Windows it cannot be built from source. Install it again without --omit=optional and without a lock file of',
    'another platform, on a 64-bit Intel or AMD Node.js; or use it in WSL.',
    WITHOUT,
  ].join('\n\n');
}
