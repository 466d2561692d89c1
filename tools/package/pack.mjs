// Makes the packages that are published, from what is built: kafka4, and those with the built addons.
//
//   node tools/package/pack.mjs --out DIR                  kafka4 and the package of this platform
//   node tools/package/pack.mjs --out DIR --only root      kafka4 alone; `--only platform`: the other
//   node tools/package/pack.mjs --out DIR --addons DIR --all   every platform, addons taken from a folder (release)
//   … --without PLATFORM    leaves one out, also among those that kafka4 asks for; may be given several times
//   … --repository URL      named in the manifests, where package.json names none
//   … --glibc 2.28          refuses an addon that needs a newer glibc
//   … --json                prints what was made as JSON
//
// The folder is made where it is missing. Nothing in the tree is changed.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { IS_WINDOWS, ROOT } from '../bootstrap/paths.mjs';
import { checkAddon } from './binary.mjs';
import { checkPlatform, checkRoot } from './contents.mjs';
import { publishedCargoLock, publishedCargoToml, publishedManifest, withRepository } from './manifest.mjs';
import {
  manifestOf,
  platformPackages,
  readmeOf,
  refuseUnknownPlatforms,
  rootManifest,
  thisPackage,
} from './platforms.mjs';

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} version
 * @property {string} file   path of the tarball
 * @property {number} size   bytes of the tarball
 * @property {number} unpackedSize
 * @property {string[]} files
 * @property {string} [addon]  of a platform: what the addon needs, in words
 */

/** An error that is told to the user as it is. */
export class PackError extends Error {
  name = 'PackError';
}

/** @param {{ out: string, repository?: string, without?: string[] }} options @returns {Packed} */
export function packRoot({ out, repository, without }) {
  const root = rootManifest();
  const manifest = publishedManifest(root, { repository, without });
  return inStage((stage) => {
    for (const path of npmPack(ROOT, ['--dry-run']).files) {
      mkdirSync(dirname(join(stage, path)), { recursive: true });
      cpSync(join(ROOT, path), join(stage, path));
    }
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    rewrite(join(stage, 'Cargo.toml'), publishedCargoToml);
    rewrite(join(stage, 'Cargo.lock'), publishedCargoLock);
    return packStage(stage, out, (files) => checkRoot(files, manifest));
  });
}

/**
 * @param {import('./platforms.mjs').PlatformPackage} each
 * @param {{ out: string, addons?: string, repository?: string, glibc?: string }} options  `addons`: folder with the file
 * @returns {Packed}
 */
export function packPlatform(each, { out, addons = ROOT, repository, glibc }) {
  const addon = join(addons, each.addon);
  if (!existsSync(addon))
    throw new PackError(`${each.name}: there is no ${addon} (npm run build makes that of this platform)`);
  const { binary, complaints } = checkAddon(addon, each.npm, { oldestGlibc: glibc });
  if (complaints.length > 0) throw new PackError(`${addon} is not for ${each.title}: ${complaints.join('; ')}`);
  const manifest = manifestOf(each);
  return inStage((stage) => {
    writeFileSync(
      join(stage, 'package.json'),
      `${JSON.stringify({ ...manifest, ...withRepository(manifest, repository) }, null, 2)}\n`,
    );
    writeFileSync(join(stage, 'README.md'), readmeOf(each));
    cpSync(join(ROOT, 'LICENSE'), join(stage, 'LICENSE'));
    cpSync(addon, join(stage, each.addon));
    return { ...packStage(stage, out, (files) => checkPlatform(files, each.addon)), addon: needsOf(binary) };
  });
}

/** @param {import('./binary.mjs').Binary} binary */
function needsOf({ format, cpu, needs }) {
  if (!needs) return `${format}, ${cpu}`;
  const versions = Object.entries(needs.versions).map(([kind, version]) => `${kind} ${version}`);
  return `${format}, ${cpu}, needs ${needs.libraries.join(', ')}${versions.length > 0 ? ` (${versions.join(', ')})` : ''}`;
}

function inStage(work) {
  const stage = mkdtempSync(join(tmpdir(), 'kafka4-pack-'));
  try {
    return work(stage);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function rewrite(path, change) {
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

/** What does not pass the check never lies in `out`. @returns {Packed} */
function packStage(stage, out, check) {
  const { name, version } = JSON.parse(readFileSync(join(stage, 'package.json'), 'utf8'));
  return inStage((made) => {
    const { filename, size, unpackedSize, files } = npmPack(stage, ['--pack-destination', made]);
    const complaints = check(files);
    if (complaints.length > 0) throw new PackError([`${name} is not packed:`, ...complaints].join('\n  '));
    mkdirSync(out, { recursive: true });
    const file = join(resolve(out), filename);
    cpSync(join(made, filename), file);
    return { name, version, file, size, unpackedSize, files };
  });
}

/** @returns {{ filename: string, size: number, unpackedSize: number, files: string[] }} */
function npmPack(cwd, flags) {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', ...flags];
  const run = spawnSync(IS_WINDOWS ? 'npm.cmd' : 'npm', args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    shell: IS_WINDOWS,
    // What an npm that runs us has set is meant for another folder.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config)_/i.test(name)),
    ),
  });
  if (run.error || run.status !== 0)
    throw new PackError(`npm pack failed in ${cwd}: ${run.error?.message ?? run.stderr}`);
  const answer = JSON.parse(run.stdout);
  // npm 12 answers with an object by name, the older ones with a list.
  const [{ filename, size, unpackedSize, files }] = Array.isArray(answer) ? answer : Object.values(answer);
  return { filename, size, unpackedSize, files: files.map(({ path }) => path) };
}

/** @param {string[]} args @returns {Packed[]} */
export function pack(args) {
  const { values } = parseArgs({
    args,
    options: {
      out: { type: 'string' },
      only: { type: 'string' },
      addons: { type: 'string' },
      all: { type: 'boolean', default: false },
      without: { type: 'string', multiple: true, default: [] },
      repository: { type: 'string' },
      glibc: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { out, only, addons, all, without, repository, glibc } = values;
  if (!out) throw new PackError('--out DIR is missing: where the tarballs are written');
  if (only !== undefined && only !== 'root' && only !== 'platform') {
    throw new PackError(`--only is root or platform, not ${only}`);
  }
  try {
    refuseUnknownPlatforms(without);
  } catch (error) {
    throw new PackError(/** @type {Error} */ (error).message);
  }
  const packed = [];
  if (only !== 'root') {
    const here = thisPackage();
    if (!all && !here) throw new PackError('no package is made for this platform (napi.targets in package.json)');
    for (const each of (all ? platformPackages() : [here]).filter(({ platform }) => !without.includes(platform))) {
      packed.push(packPlatform(each, { out, addons, repository, glibc }));
    }
  }
  if (only !== 'platform') packed.push(packRoot({ out, repository, without }));
  return packed;
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const packed = pack(process.argv.slice(2));
    if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(packed, null, 2)}\n`);
    else {
      for (const { name, version, file, size, unpackedSize, files, addon } of packed) {
        process.stdout.write(
          `${name} ${version}  ${megabytes(size)}, ${megabytes(unpackedSize)} unpacked, ${files.length} files\n`,
        );
        process.stdout.write(`  ${file}\n${addon ? `  ${addon}\n` : ''}`);
      }
    }
  } catch (error) {
    const told = error instanceof PackError || /** @type {any} */ (error).code?.startsWith('ERR_PARSE_ARGS');
    process.stderr.write(`${told ? /** @type {Error} */ (error).message : /** @type {Error} */ (error).stack}\n`);
    process.exit(1);
  }
}
