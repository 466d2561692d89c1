// What a Linux library needs of the system it is loaded on, read from the file itself: the names of the libraries and
// the newest version of their symbols. (The ELF specification, 64-bit little endian.)

const SHT_DYNAMIC = 6;
const SHT_GNU_VERNEED = 0x6ffffffe;
const DT_NEEDED = 1n;

/**
 * @typedef {object} Needs
 * @property {string[]} libraries               `libc.so.6`
 * @property {Record<string, string>} versions  of the symbols, the newest of each kind: `{ GLIBC: '2.34' }`
 */

/** @param {Buffer} file @returns {Needs} */
export function elfNeeds(file) {
  const sections = sectionsOf(file);
  const dynamic = sections.filter(({ type }) => type === SHT_DYNAMIC);
  const libraries = dynamic.flatMap((section) => neededLibraries(file, section, sections[section.link]));
  const versions = {};
  for (const section of sections.filter(({ type }) => type === SHT_GNU_VERNEED)) {
    for (const name of neededVersions(file, section, sections[section.link])) keepNewest(versions, name);
  }
  return { libraries, versions };
}

function sectionsOf(file) {
  const offset = Number(file.readBigUInt64LE(0x28));
  const [size, count] = [file.readUInt16LE(0x3a), file.readUInt16LE(0x3c)];
  return Array.from({ length: count }, (_, i) => {
    const at = offset + i * size;
    return {
      type: file.readUInt32LE(at + 4),
      offset: Number(file.readBigUInt64LE(at + 0x18)),
      size: Number(file.readBigUInt64LE(at + 0x20)),
      link: file.readUInt32LE(at + 0x28),
      info: file.readUInt32LE(at + 0x2c),
    };
  });
}

function neededLibraries(file, section, strings) {
  const found = [];
  for (let at = section.offset; at < section.offset + section.size; at += 16) {
    if (file.readBigInt64LE(at) === DT_NEEDED) found.push(text(file, strings, Number(file.readBigUInt64LE(at + 8))));
  }
  return found;
}

function neededVersions(file, section, strings) {
  const found = [];
  let at = section.offset;
  for (let i = 0; i < section.info; i += 1) {
    const [count, first, next] = [file.readUInt16LE(at + 2), file.readUInt32LE(at + 8), file.readUInt32LE(at + 12)];
    let entry = at + first;
    for (let j = 0; j < count; j += 1) {
      found.push(text(file, strings, file.readUInt32LE(entry + 8)));
      entry += file.readUInt32LE(entry + 12);
    }
    at += next;
  }
  return found;
}

function text(file, strings, offset) {
  const start = strings.offset + offset;
  return file.toString('latin1', start, file.indexOf(0, start));
}

function keepNewest(versions, name) {
  const [, kind, version] = /^([A-Z]+)_([\d.]+)$/.exec(name) ?? [];
  if (!kind) return;
  if (versions[kind] === undefined || compareVersions(version, versions[kind]) > 0) versions[kind] = version;
}

/** @param {string} a @param {string} b @returns {number} negative, zero or positive */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
