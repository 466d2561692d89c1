// The packages that hold one built addon each, npm/<platform>/: their manifests follow from package.json. The files are
// committed, so that a reader sees them; a test compares them with what this says and with `napi create-npm-dirs`.
//
//   node tools/package/platforms.mjs    writes them anew

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../bootstrap/paths.mjs';

const requireHere = createRequire(import.meta.url);
const { addonFile, packageName, platformName, thisPlatform } = requireHere('../install/platform.cjs');

/** What a Rust target is for npm, and its name for people. */
const TARGETS = {
  'x86_64-unknown-linux-gnu': { os: 'linux', cpu: 'x64', libc: 'glibc', title: 'Linux on x64 (glibc)' },
  'aarch64-unknown-linux-gnu': { os: 'linux', cpu: 'arm64', libc: 'glibc', title: 'Linux on arm64 (glibc)' },
  'x86_64-unknown-linux-musl': { os: 'linux', cpu: 'x64', libc: 'musl', title: 'Alpine and other Linux on x64 (musl)' },
  'aarch64-unknown-linux-musl': {
    os: 'linux',
    cpu: 'arm64',
    libc: 'musl',
    title: 'Alpine and other Linux on arm64 (musl)',
  },
  'x86_64-apple-darwin': { os: 'darwin', cpu: 'x64', libc: undefined, title: 'macOS on Intel' },
  'aarch64-apple-darwin': { os: 'darwin', cpu: 'arm64', libc: undefined, title: 'macOS on Apple silicon' },
  'x86_64-pc-windows-msvc': { os: 'win32', cpu: 'x64', libc: undefined, title: 'Windows on x64' },
};

/**
 * @typedef {object} PlatformPackage
 * @property {string} platform  `linux-x64-gnu`, also the name of its folder
 * @property {string} target    Rust's name
 * @property {string} name      of the npm package
 * @property {string} addon     file name
 * @property {string} title
 * @property {{ os: string, cpu: string, libc?: string }} npm
 */

/** @returns {any} package.json of the project */
export function rootManifest() {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
}

/** Those that package.json names as targets of napi, in its order. @returns {PlatformPackage[]} */
export function platformPackages(manifest = rootManifest()) {
  return manifest.napi.targets.map((target) => {
    const known = TARGETS[target];
    if (!known)
      throw new Error(`package.json names the target ${target}, which tools/package/platforms.mjs does not know`);
    const { title, ...npm } = known;
    return { platform: platformName(npm), target, name: packageName(npm), addon: addonFile(npm), title, npm };
  });
}

/**
 * Refuses a name that is no platform: a slip of the pen would publish what was to be left out.
 *
 * @param {string[]} names
 */
export function refuseUnknownPlatforms(names, packages = platformPackages()) {
  const known = packages.map(({ platform }) => platform);
  const odd = names.filter((name) => !known.includes(name));
  if (odd.length > 0) throw new Error(`--without ${odd.join(', ')}: the platforms are ${known.join(', ')}`);
}

/** The one for the machine that this runs on, if there is one. */
export function thisPackage(packages = platformPackages()) {
  const name = platformName(thisPlatform());
  return packages.find(({ platform }) => platform === name);
}

/** @param {PlatformPackage} each */
export function manifestOf(each, root = rootManifest()) {
  const { os, cpu, libc } = each.npm;
  return {
    name: each.name,
    version: root.version,
    cpu: [cpu],
    main: each.addon,
    files: [each.addon],
    description: `The native part of kafka4 for ${each.title}`,
    keywords: root.keywords,
    license: root.license,
    ...(root.repository ? { repository: root.repository } : {}),
    // As wide as the root's: npm leaves out an optional package whose engines do not fit, without a word.
    engines: root.engines,
    os: [os],
    ...(libc ? { libc: [libc] } : {}),
  };
}

/** @param {PlatformPackage} each */
export function readmeOf(each) {
  return [
    `# ${each.name}`,
    '',
    `The native part of the package \`kafka4\` for ${each.title}, built for \`${each.target}\`.`,
    '',
    'It is installed as an optional dependency of that package where it fits. Nothing of it is to be imported.',
    '',
  ].join('\n');
}

/** The files of npm/, by path. @returns {Record<string, string>} */
export function platformFiles() {
  const root = rootManifest();
  return Object.fromEntries(
    platformPackages(root).flatMap((each) => [
      [`npm/${each.platform}/package.json`, `${JSON.stringify(manifestOf(each, root), null, 2)}\n`],
      [`npm/${each.platform}/README.md`, readmeOf(each)],
    ]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(join(ROOT, 'npm'), { recursive: true, force: true });
  for (const [path, text] of Object.entries(platformFiles())) {
    mkdirSync(join(ROOT, path, '..'), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
}
