/** How a file of the app imports `lib/kafka`: by an alias of tsconfig.json or jsconfig.json, or by a relative path. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { isRecord } from './app-files.js';
import { parseJson } from './json-comments.js';

interface CompilerPaths {
  /** Pattern to targets. */
  paths: Record<string, unknown>;
  /** Folder that the targets are relative to. */
  from: string;
}

/** Configurations that extend one another in a circle end here. */
const MOST_PARENTS = 8;

/**
 * The specifier of `folder` (relative to `root`, with slashes, such as `src/lib/kafka`), for a file in the folder `from`.
 * The shortest alias that leads there wins; without one it is a relative path.
 */
export function importPath(root: string, folder: string, from: string): string {
  const own = ['tsconfig.json', 'jsconfig.json'].map((name) => join(root, name)).find((file) => existsSync(file));
  const aliases = own === undefined ? [] : aliasesOf(pathsOf(own, 0), root, folder);
  if (aliases.length > 0) return aliases.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))[0]!;
  const path = posix.relative(from, folder);
  return path.startsWith('.') ? path : `./${path}`;
}

function aliasesOf(found: CompilerPaths | undefined, root: string, folder: string): string[] {
  if (found === undefined) return [];
  return Object.entries(found.paths).flatMap(([pattern, targets]) => {
    // The first target is the one that is tried first; a file that is still to be written is not at the others.
    const target = Array.isArray(targets) ? targets[0] : undefined;
    if (typeof target !== 'string' || pattern === '*' || !pattern.endsWith('*') || !target.endsWith('*')) return [];
    const start = relative(root, resolve(found.from, target.slice(0, -1)))
      .split(sep)
      .join('/');
    if (start.startsWith('..') || isAbsolute(start)) return [];
    // "./li*" ends within a name: only whole folders are taken.
    if (!/[/\\]$/.test(target.slice(0, -1)) && target !== '*') return [];
    if (start !== '' && !folder.startsWith(`${start}/`)) return [];
    return [`${pattern.slice(0, -1)}${start === '' ? folder : folder.slice(start.length + 1)}`];
  });
}

function pathsOf(file: string, parents: number): CompilerPaths | undefined {
  if (parents > MOST_PARENTS) return undefined;
  const config = readConfig(file);
  if (config === undefined) return undefined;
  const { compilerOptions } = config;
  if (isRecord(compilerOptions) && isRecord(compilerOptions.paths)) {
    const { baseUrl } = compilerOptions;
    const from = typeof baseUrl === 'string' ? resolve(dirname(file), baseUrl) : dirname(file);
    return { paths: compilerOptions.paths, from };
  }
  // Later ones win, so they are asked first.
  for (const parent of [config.extends].flat().reverse()) {
    const path = typeof parent === 'string' ? parentFile(file, parent) : undefined;
    const found = path === undefined ? undefined : pathsOf(path, parents + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parentFile(file: string, parent: string): string | undefined {
  if (/^\.{0,2}\//.test(parent) || parent === '..') {
    const path = resolve(dirname(file), parent);
    return [path, `${path}.json`].find((each) => existsSync(each) && each.endsWith('.json'));
  }
  const paths = [parent, `${parent}.json`, `${parent}/tsconfig.json`].filter((path) => path.endsWith('.json'));
  for (const path of paths) {
    try {
      return require.resolve(path, { paths: [dirname(file)] });
    } catch {
      // The next spelling; a parent that is not installed has no aliases to give.
    }
  }
  return undefined;
}

function readConfig(file: string): Record<string, unknown> | undefined {
  try {
    const config = parseJson(readFileSync(file, 'utf8'));
    return isRecord(config) ? config : undefined;
  } catch {
    // A broken tsconfig is told by the app's own tools; a relative import works without it.
    return undefined;
  }
}
