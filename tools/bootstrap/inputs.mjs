// Whether something built is still what its sources say. By content, not by time: a checkout, a branch
// switch and a copied folder change times and nothing else.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Made by editors and systems; no build reads them. */
const IGNORED = /(^\.DS_Store|~|\.sw[a-z]|\.orig)$/;

/**
 * One hash over the names and the contents of files and folders; what does not exist counts as not there.
 *
 * @param {string} root
 * @param {string[]} paths  relative to root
 * @param {string[]} [facts]  more that the result depends on
 */
export function hashInputs(root, paths, facts = []) {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`fact ${fact}\0`);
  for (const path of paths) {
    for (const file of filesUnder(join(root, path))) {
      hash.update(`file ${relative(root, file).split(sep).join('/')}\0`);
      hash.update(readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

/** @returns {string[]} sorted, so that the hash does not depend on the file system's order */
function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (IGNORED.test(entry.name)) return [];
    const each = join(path, entry.name);
    return entry.isDirectory() ? filesUnder(each) : [each];
  });
}

/**
 * What was built from which inputs. The outputs' sizes and times are part of it: an addon that somebody has
 * copied over the one that was built here is not taken for it.
 */
export class Stamp {
  /**
   * @param {string} file
   * @param {string[]} outputs
   */
  constructor(file, outputs) {
    this.file = file;
    this.outputs = outputs;
  }

  /** @param {string} hash */
  isFresh(hash) {
    if (!this.outputs.every((file) => existsSync(file))) return false;
    try {
      const stamp = JSON.parse(readFileSync(this.file, 'utf8'));
      return stamp.inputs === hash && stamp.outputs === this.#state();
    } catch {
      return false;
    }
  }

  /** @param {string} hash  of the inputs as they were before the build: what changed meanwhile is built next time */
  write(hash) {
    mkdirSync(dirname(this.file), { recursive: true });
    const part = `${this.file}.${process.pid}`;
    writeFileSync(part, `${JSON.stringify({ inputs: hash, outputs: this.#state() })}\n`);
    renameSync(part, this.file);
  }

  #state() {
    return this.outputs.map((file) => `${statSync(file).size}@${Math.floor(statSync(file).mtimeMs)}`).join(' ');
  }
}

/**
 * Whether node_modules holds what package-lock.json asks for. npm keeps a list of what it has installed:
 * comparing the two needs no stamp of our own, and an `npm install` by hand counts as well.
 *
 * @param {string} root
 */
export function packagesAreInstalled(root) {
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'));
  const wanted = readLock(join(root, 'package-lock.json'));
  if (!installed || !wanted) return false;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const there = installed[path];
    // What is for another platform is left out by npm.
    if (!there && entry.optional) continue;
    if (!there || there.version !== entry.version) return false;
    if (entry.integrity && there.integrity !== entry.integrity) return false;
  }
  return lockFits(root);
}

/**
 * Whether the lock file was made for this package.json. When it was and `npm ci` refuses it nevertheless, it
 * lacks optional packages of other platforms, which a registry that is late with them did not offer.
 *
 * @param {string} root
 */
export function lockFits(root) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const locked = readLock(join(root, 'package-lock.json'))?.[''] ?? {};
  return ['dependencies', 'devDependencies', 'optionalDependencies'].every((kind) => {
    const names = new Set([...Object.keys(manifest[kind] ?? {}), ...Object.keys(locked[kind] ?? {})]);
    return [...names].every((name) => manifest[kind]?.[name] === locked[kind]?.[name]);
  });
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
