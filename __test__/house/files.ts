// The files of the repository, for the tests that look after its rules.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

export const ROOT = resolve(__dirname, '..', '..');

/** Not ours, or made by tools. examples/ are projects of their own, with runners of their own. */
const SKIPPED = new Set(['node_modules', 'target', 'dist', 'examples', '.git', '.kafka', '.next', 'coverage']);

/** Paths relative to the root, with forward slashes, sorted. */
export function filesUnder(folder: string, matches: RegExp): string[] {
  const found: string[] = [];
  const walk = (path: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const each = join(path, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) walk(each);
      } else if (matches.test(entry.name)) found.push(relative(ROOT, each).split(sep).join('/'));
    }
  };
  walk(join(ROOT, folder));
  return found.sort();
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/**
 * Rust source without comments and without the contents of strings: a rule is broken by code, not by words
 * about it. Character literals are matched so that a '"' does not begin a string.
 */
export function codeOf(source: string): string {
  return source.replace(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\br(#*)"[\s\S]*?"\1|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[^\n]|[^'\\\n])'/g,
    (match) => (match.startsWith('/') ? ' ' : '""'),
  );
}
