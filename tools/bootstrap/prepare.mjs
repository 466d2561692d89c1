// From a bare clone to one that runs: packages, native addon, library. Each part is done only when it is
// missing or older than its sources, so every command can call this first; when nothing is to be done it
// costs some tens of milliseconds and prints nothing.
//
//   import { prepareOrExit } from '../bootstrap/prepare.mjs';
//   await prepareOrExit();

import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { CARGO_PROGRESS_ENV, CargoProgress } from './cargo-progress.mjs';
import { onInterrupt, stopChildren } from './child.mjs';
import { hashInputs, lockFits, packagesAreInstalled, Stamp } from './inputs.mjs';
import { takeLock } from './lock.mjs';
import { IS_WINDOWS, ROOT, STATE_DIR } from './paths.mjs';
import { showProgress } from './progress.mjs';
import { findCargo, missingTools, nodeNote } from './requirements.mjs';
import { PrepareError, runStep } from './step.mjs';

export { PrepareError };

const NATIVE_INPUTS = [
  'Cargo.toml',
  'Cargo.lock',
  'build.rs',
  'rust-toolchain.toml',
  // Names the revision of librdkafka, too (tools/librdkafka/revision.mjs).
  '.cargo',
  'src',
  'core',
];
const LIB_INPUTS = [
  'lib',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'tools/build',
  'tools/package/unsupported.mjs',
  'index.d.ts',
];
const LIB_OUTPUTS = [
  'index.js',
  'index.d.ts',
  'index.mjs',
  'index.d.mts',
  join('unsupported', 'index.js'),
  join('unsupported', 'index.mjs'),
];

/** Processor seconds of a first build, nearly all of them librdkafka and OpenSSL in C. */
const FIRST_BUILD_CPU_SECONDS = 410;

/**
 * @param {object} [options]
 * @param {false | ((event: import('./progress.mjs').ProgressEvent) => void)} [options.progress]
 *   who is told; left out, it is shown on stderr; false: nobody
 * @returns {Promise<string[]>} what was done, of `install`, `native`, `lib`; rejects with a PrepareError
 */
export async function prepare({ progress } = {}) {
  const tell = progress === false ? () => {} : (progress ?? showProgress());
  if (todo().length === 0) return [];
  const release = await takeLock(join(STATE_DIR, 'prepare.lock'), (pid) =>
    tell({ type: 'note', text: `Waiting for another command that builds here (pid ${pid}) …` }),
  );
  const quiet = onInterrupt(() => stopChildren());
  try {
    return await build(tell);
  } finally {
    quiet();
    release();
  }
}

/** As prepare(), for commands: a failure is told and ends the process. */
export async function prepareOrExit(options) {
  try {
    return await prepare(options);
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}

/** The parts, in the order in which they need one another. */
const PARTS = {
  install: { isFresh: () => packagesAreInstalled(ROOT), run: install, needs: /** @type {const} */ ('install') },
  native: {
    isFresh: () => nativeStamp().isFresh(nativeHash()),
    run: buildNative,
    needs: /** @type {const} */ ('compile'),
  },
  lib: { isFresh: () => libStamp().isFresh(libHash()), run: buildLib, needs: undefined },
};

function todo() {
  return Object.keys(PARTS).filter((name) => !PARTS[name].isFresh());
}

async function build(tell) {
  const names = todo();
  findCargo();
  const missing = missingTools(names.map((name) => PARTS[name].needs).filter((group) => group !== undefined));
  if (missing) throw new PrepareError(missing);
  const note = names.includes('native') ? nodeNote() : undefined;
  if (note) tell({ type: 'note', text: note });
  const done = [];
  for (const name of Object.keys(PARTS)) {
    // Asked again: an earlier part may have changed the sources of a later one (index.d.ts).
    if (PARTS[name].isFresh()) continue;
    await PARTS[name].run(tell);
    done.push(name);
  }
  return done;
}

async function install(tell) {
  const locked = existsSync(join(ROOT, 'package-lock.json'));
  // NODE_ENV=production would leave out what is needed here. Nobody reads audit and funding in the middle of a build.
  const flags = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  await runStep(
    {
      step: 'install',
      title: 'Installing the development tools',
      ...npm([locked ? 'ci' : 'install', ...flags]),
      env: process.env,
      // npm tells the reason first and then explains all of its flags.
      firstLines: 12,
      otherwise: {
        when: (output) => output.includes('EUSAGE') && lockFits(ROOT),
        note: 'The lock file does not list the packages of every platform (`npm ci` refuses that): installing by `npm install`.',
        // The versions and checksums of the lock file hold all the same; it is not written.
        ...npm(['install', '--no-save', ...flags]),
      },
      advice: "Check the network and npm's settings (proxy, registry), then run the same command again.",
    },
    tell,
  );
}

async function buildNative(tell) {
  const hash = nativeHash();
  const minutes = Math.ceil(FIRST_BUILD_CPU_SECONDS / 60 / Math.min(Math.max(cpus().length, 1), 4)) + 1;
  const first = !nativeStamp().outputs.every((file) => existsSync(file));
  await runStep(
    {
      step: 'native',
      title: 'Building the native addon',
      hint: first ? `about ${minutes} minutes the first time` : undefined,
      ...npm(['run', '--silent', 'build:native']),
      env: { ...process.env, ...CARGO_PROGRESS_ENV },
      reader: new CargoProgress(),
      advice: [
        'What often helps: a current Rust (`rustup update`), a complete C toolchain, 3 GB of free disk space.',
        'The same build with all of its output: npm run build:native',
      ].join('\n'),
    },
    tell,
  );
  finish(nativeStamp(), hash, 'build:native');
}

async function buildLib(tell) {
  const hash = libHash();
  await runStep(
    {
      step: 'lib',
      title: 'Building the library',
      ...npm(['run', '--silent', 'build:lib']),
      env: process.env,
      advice: 'The same build by hand: npm run build:lib',
    },
    tell,
  );
  finish(libStamp(), hash, 'build:lib');
}

/** @param {Stamp} stamp */
function finish(stamp, hash, script) {
  const absent = stamp.outputs.filter((file) => !existsSync(file));
  if (absent.length > 0)
    throw new PrepareError(`\`npm run ${script}\` ended well, but did not write ${absent.join(', ')}.`);
  stamp.write(hash);
}

function nativeStamp() {
  return new Stamp(join(STATE_DIR, 'native.stamp'), [
    join(ROOT, addonName()),
    join(ROOT, 'index.js'),
    join(ROOT, 'index.d.ts'),
  ]);
}

function nativeHash() {
  const manifest = readManifest();
  const facts = [JSON.stringify(manifest.napi), manifest.scripts['build:native'], process.env.RUSTFLAGS ?? ''];
  return hashInputs(ROOT, NATIVE_INPUTS, facts);
}

function libStamp() {
  return new Stamp(
    join(STATE_DIR, 'lib.stamp'),
    LIB_OUTPUTS.map((name) => join(ROOT, 'dist', name)),
  );
}

function libHash() {
  return hashInputs(ROOT, LIB_INPUTS, [readManifest().scripts['build:lib']]);
}

function readManifest() {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
}

/** The file that napi writes for this machine, named as its loader (index.js) looks for it. */
export function addonName({ platform, arch } = process) {
  const abi =
    platform === 'linux'
      ? `-${isMusl() ? 'musl' : 'gnu'}${arch === 'arm' ? 'eabihf' : ''}`
      : platform === 'win32'
        ? '-msvc'
        : '';
  return `kafka4.${platform}-${arch}${abi}.node`;
}

function isMusl() {
  // The list of open sockets would ask the name server for each of them.
  if (process.report) /** @type {any} */ (process.report).excludeNetwork = true;
  const report = /** @type {any} */ (process.report?.getReport());
  return !report?.header?.glibcVersionRuntime;
}

/** The npm that runs us, if one does: it may be another than the one on the PATH. */
function npm(args) {
  const running = process.env.npm_execpath;
  if (running?.endsWith('.js')) return { command: process.execPath, args: [running, ...args] };
  return { command: IS_WINDOWS ? 'npm.cmd' : 'npm', args };
}
