// The packed tarballs in a folder, by the package that is in each.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/**
 * @param {string} folder
 * @returns {Record<string, { file: string, version: string, manifest: any }>}
 */
export function tarballsIn(folder) {
  const found = {};
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.tgz'))) {
    const file = join(folder, name);
    const manifest = manifestIn(file);
    const other = found[manifest.name];
    if (other) throw new Error(`${folder} holds ${manifest.name} twice: ${other.file} and ${file}`);
    found[manifest.name] = { file, version: manifest.version, manifest };
  }
  return found;
}

/** package/package.json of a tarball: blocks of 512 bytes, a header before each file with its name and octal size. */
function manifestIn(file) {
  const tar = gunzipSync(readFileSync(file));
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const name = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    if (name === 'package/package.json') return JSON.parse(tar.toString('utf8', at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`${file} is no package of npm: package/package.json is missing`);
}
