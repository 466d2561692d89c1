/** Reading what an app is made of. */
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, reasonOf } from './errors.js';

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The text of a file; undefined where there is none. Throws for a folder, a broken link and what cannot be read. */
export function readIfThere(path: string, name: string): string | undefined {
  // Not of what a link leads to: a link to nothing is there, too.
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CliError('ERR_KAFKA_INIT_UNREADABLE', `${name} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Whether two texts differ in more than line ends and a byte order mark, which git and editors change. */
export function isSameText(a: string, b: string): boolean {
  const plain = (text: string) =>
    text
      .replace(/^\ufeff/, '')
      .replace(/\r\n?/g, '\n')
      .trimEnd();
  return plain(a) === plain(b);
}

/** The first folder from `start` upwards for which `accept` gives something. */
export function upwards<T>(start: string, accept: (folder: string) => T | undefined): T | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const found = accept(folder);
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The version of a package that the app has installed, here or in a workspace above. */
export function installedVersion(root: string, name: string): string | undefined {
  return upwards(root, (folder) => {
    const file = join(folder, 'node_modules', name, 'package.json');
    if (!existsSync(file)) return undefined;
    try {
      const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
      return typeof version === 'string' ? version : undefined;
    } catch {
      return undefined;
    }
  });
}
