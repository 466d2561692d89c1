// Names of a platform, as the loader (index.js) and the packages with the built addon (npm/) use them. CommonJS without
// dependencies: the install script of the package runs it on every machine, before anything else is there.

const { readFileSync } = require('node:fs');

/**
 * @typedef {object} Platform
 * @property {NodeJS.Platform} os
 * @property {string} cpu
 * @property {'glibc' | 'musl' | undefined} libc  of Linux only
 */

/** What names a platform in file and package names: `linux-x64-gnu`, `darwin-arm64`. @param {Platform} platform */
function platformName({ os, cpu, libc }) {
  if (os === 'win32') return `win32-${cpu}-msvc`;
  if (os !== 'linux') return `${os}-${cpu}`;
  const abi = libc === 'musl' ? 'musl' : 'gnu';
  return `linux-${cpu}-${abi}${cpu === 'arm' ? 'eabihf' : ''}`;
}

/** @param {Platform} platform */
const addonFile = (platform) => `kafka4.${platformName(platform)}.node`;

/** @param {Platform} platform */
const packageName = (platform) => `kafka4-${platformName(platform)}`;

/** The platform that this process runs on. @returns {Platform} */
function thisPlatform() {
  const { platform: os, arch: cpu } = process;
  return { os, cpu, libc: os === 'linux' ? thisLibc() : undefined };
}

/** In the order of the loader, so that both always look for the same file. @returns {'glibc' | 'musl'} */
function thisLibc() {
  try {
    return readFileSync('/usr/bin/ldd', 'utf8').includes('musl') ? 'musl' : 'glibc';
  } catch {
    return reportedLibc();
  }
}

function reportedLibc() {
  // The list of open sockets would ask the name server for each of them.
  if (process.report) process.report.excludeNetwork = true;
  const report = process.report?.getReport();
  if (report?.header?.glibcVersionRuntime) return 'glibc';
  return report?.sharedObjects?.some((file) => /libc\.musl-|ld-musl-/.test(file)) ? 'musl' : 'glibc';
}

/**
 * The platform that packages are installed for: npm's --os, --cpu and --libc say when it is another than this one.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Platform}
 */
function wantedPlatform(env) {
  const here = thisPlatform();
  const os = /** @type {NodeJS.Platform} */ (env.npm_config_os || here.os);
  const libc =
    os === 'linux' ? /** @type {'glibc' | 'musl'} */ (env.npm_config_libc || here.libc || 'glibc') : undefined;
  return { os, cpu: env.npm_config_cpu || here.cpu, libc };
}

const CPU = { x64: 'x86_64', arm64: 'aarch64', ia32: 'i686', arm: 'arm', riscv64: 'riscv64', ppc64: 'powerpc64le' };
const OS = { linux: 'linux', darwin: 'apple-darwin', win32: 'windows', freebsd: 'freebsd' };

/** Whether code that Rust builds for `triple` can be loaded by a Node of `platform`. @param {string} triple @param {Platform} platform */
function tripleFits(triple, { os, cpu, libc }) {
  const system = OS[os] ?? os;
  if (!triple.startsWith(CPU[cpu] ?? cpu) || !triple.includes(system)) return false;
  return os !== 'linux' || triple.includes('musl') === (libc === 'musl');
}

module.exports = { addonFile, packageName, platformName, thisPlatform, tripleFits, wantedPlatform };
