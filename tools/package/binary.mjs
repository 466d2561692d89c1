// Whether a built addon is what its package says: for that system and processor, and in need of nothing that the system
// does not have. A file that was mixed up in a release would be noticed by users only.

import { readFileSync } from 'node:fs';
import { compareVersions, elfNeeds } from './elf.mjs';

/** The oldest that Node.js 18 and its successors run on. */
export const OLDEST_GLIBC = '2.28';

/** Parts of the C library and of the compiler's run time. OpenSSL, zlib, zstd, lz4 and curl are linked statically. */
const SYSTEM_LIBRARIES = {
  glibc: /^(libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|librt\.so\.1|libgcc_s\.so\.1|ld-linux-.*\.so\.\d)$/,
  musl: /^(libc\.musl-.*\.so\.1|libc\.so|libgcc_s\.so\.1)$/,
};

const MACHINES = {
  elf: { 62: 'x64', 183: 'arm64' },
  'mach-o': { 16777223: 'x64', 16777228: 'arm64' },
  pe: { 34404: 'x64', 43620: 'arm64' },
};

const FORMAT_OF = { linux: 'elf', darwin: 'mach-o', win32: 'pe' };

/**
 * @typedef {object} Binary
 * @property {'elf' | 'mach-o' | 'pe'} format
 * @property {string} cpu  `x64`, `arm64`, or the number that the file gives
 * @property {import('./elf.mjs').Needs} [needs]  of an ELF file
 */

/** @param {Buffer} file @returns {Binary} */
export function describeBinary(file) {
  if (file.length > 64 && file.readUInt32BE(0) === 0x7f454c46) {
    return { format: 'elf', cpu: machine('elf', file.readUInt16LE(18)), needs: elfNeeds(file) };
  }
  if (file.length > 32 && file.readUInt32LE(0) === 0xfeedfacf) {
    return { format: 'mach-o', cpu: machine('mach-o', file.readUInt32LE(4)) };
  }
  if (file.length > 64 && file.toString('latin1', 0, 2) === 'MZ') {
    const header = file.readUInt32LE(0x3c);
    if (file.toString('latin1', header, header + 2) === 'PE') {
      return { format: 'pe', cpu: machine('pe', file.readUInt16LE(header + 4)) };
    }
  }
  throw new Error('this is no library of Linux, macOS or Windows');
}

function machine(format, code) {
  return MACHINES[format][code] ?? `machine ${code}`;
}

/**
 * @param {string} path
 * @param {{ os: string, cpu: string, libc?: string }} platform
 * @param {{ oldestGlibc?: string }} [options]  the newest glibc that may be needed; left out, any
 * @returns {{ binary: Binary, complaints: string[] }}
 */
export function checkAddon(path, { os, cpu, libc }, { oldestGlibc } = {}) {
  const binary = describeBinary(readFileSync(path));
  const complaints = [];
  if (binary.format !== FORMAT_OF[os]) complaints.push(`it is in the format ${binary.format}, not ${FORMAT_OF[os]}`);
  if (binary.cpu !== cpu) complaints.push(`it is for ${binary.cpu}, not ${cpu}`);
  if (binary.needs && libc) {
    const strangers = binary.needs.libraries.filter((name) => !SYSTEM_LIBRARIES[libc].test(name));
    if (strangers.length > 0) complaints.push(`it needs ${strangers.join(', ')}, which not every ${libc} system has`);
    const glibc = binary.needs.versions.GLIBC;
    if (libc === 'glibc' && oldestGlibc && glibc && compareVersions(glibc, oldestGlibc) > 0) {
      complaints.push(`it needs glibc ${glibc}; the oldest system to be served has ${oldestGlibc}`);
    }
  }
  return { binary, complaints };
}
