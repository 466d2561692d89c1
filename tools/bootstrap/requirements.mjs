// What must be on a machine before anything can be built, and how to get what is missing. Looked at only
// when something is to be built: a prepared clone must start at once.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { IS_WINDOWS } from './paths.mjs';

/** The Rust version that Cargo.toml asks for (`rust-version`) is checked by cargo, in cargo's own words. */
const RUSTUP = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";

// OpenSSL's Configure uses these. Debian's perl-base, which is always there, lacks some of them, so that
// asking for `perl` alone would find nothing wrong and the build would fail minutes later.
const PERL_MODULES = ['-MFindBin', '-MIPC::Cmd', '-MFile::Compare', '-MFile::Copy', '-e', '1'];

/**
 * @typedef {object} Requirement
 * @property {string} what
 * @property {string} why
 * @property {() => boolean} found
 * @property {string} debian
 * @property {string} macos
 */

/** @type {Record<'install' | 'compile', Requirement[]>} */
const REQUIREMENTS = {
  install: [
    {
      what: 'Node.js 18 or newer',
      why: `this is ${process.version}`,
      found: () => Number(process.versions.node.split('.')[0]) >= 18,
      debian: 'see https://nodejs.org/en/download (the package nodejs of older releases is too old)',
      macos: 'brew install node',
    },
    {
      what: 'npm',
      why: "it installs the development tools and fetches librdkafka's sources",
      found: () => Boolean(process.env.npm_execpath) || runs(IS_WINDOWS ? 'npm.cmd' : 'npm', ['--version']),
      debian: 'sudo apt-get install npm',
      macos: 'brew install node',
    },
  ],
  compile: [
    {
      what: 'Rust (cargo)',
      why: 'the native core is written in Rust',
      found: () => runs('cargo', ['--version']),
      debian: RUSTUP,
      macos: RUSTUP,
    },
    {
      what: 'a C compiler',
      why: 'librdkafka and OpenSSL are compiled from source',
      found: () =>
        IS_WINDOWS || [process.env.CC, 'cc', 'gcc', 'clang'].some((name) => name && runs(name, ['--version'])),
      debian: 'sudo apt-get install gcc g++',
      macos: 'xcode-select --install',
    },
    {
      what: 'make',
      why: 'librdkafka and OpenSSL are built with it',
      found: () => IS_WINDOWS || runs('make', ['--version']) || runs('gmake', ['--version']),
      debian: 'sudo apt-get install make',
      macos: 'xcode-select --install',
    },
    {
      what: 'bash',
      why: "librdkafka's configure script runs in it",
      found: () => IS_WINDOWS || runs('bash', ['--version']),
      debian: 'sudo apt-get install bash',
      macos: 'part of macOS',
    },
    {
      what: 'perl with its standard modules',
      why: "OpenSSL's build is configured by it",
      found: () => runs('perl', PERL_MODULES),
      debian: 'sudo apt-get install perl',
      macos: 'brew install perl',
    },
  ],
};

/**
 * @param {('install' | 'compile')[]} groups
 * @returns {string | undefined} what is missing and how to install it
 */
export function missingTools(groups, requirements = REQUIREMENTS) {
  const missing = groups.flatMap((group) => requirements[group]).filter((each) => !each.found());
  if (missing.length === 0) return undefined;
  return [
    missing.length === 1
      ? 'One thing is missing on this machine:'
      : `${missing.length} things are missing on this machine:`,
    ...missing.flatMap((each) => [
      '',
      `  ${each.what}: ${each.why}`,
      `    Debian, Ubuntu  ${each.debian}`,
      `    macOS           ${each.macos}`,
    ]),
    '',
    'Install this and run the same command again.',
  ].join('\n');
}

/**
 * rustup writes its folder into the profile of login shells; a shell that was open before, and most CI
 * services, do not have it on the PATH.
 */
export function findCargo(env = process.env) {
  if (runs('cargo', ['--version'])) return;
  const folder = join(env.CARGO_HOME || join(homedir(), '.cargo'), 'bin');
  if (existsSync(join(folder, IS_WINDOWS ? 'cargo.exe' : 'cargo'))) env.PATH = `${folder}${delimiter}${env.PATH}`;
}

/** A note, not a refusal: it is npm that knows, and it only warns. */
export function nodeNote(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const builds =
    (major === 20 && minor >= 17) || (major === 22 && minor >= 13) || (major === 23 && minor >= 5) || major >= 24;
  return builds
    ? undefined
    : `Node ${version} runs kafka4, but the tool that builds the addon asks for 20.17, 22.13 or newer.`;
}

function runs(command, args) {
  const run = spawnSync(command, args, { stdio: 'ignore', shell: IS_WINDOWS && command.endsWith('.cmd') });
  return !run.error && run.status === 0;
}
