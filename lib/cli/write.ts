/** Writes several files so that either all of them are there afterwards, or none is changed. */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, reasonOf } from './errors.js';

export interface Change {
  /** Relative to the root. */
  path: string;
  text: string;
  /** What the file holds now; undefined: it must not exist. */
  before?: string;
}

/** What is done to the file system; a test lets one of them fail. */
export type FileSystem = Pick<typeof fs, 'mkdirSync' | 'writeFileSync' | 'renameSync' | 'rmSync' | 'rmdirSync'>;

interface Prepared extends Change {
  target: string;
  temporary: string;
}

export function writeAll(root: string, changes: readonly Change[], system: FileSystem = fs): void {
  const folders: string[] = [];
  const prepared: Prepared[] = [];
  const moved: Prepared[] = [];
  let path = '';
  try {
    for (const change of changes) {
      path = change.path;
      const target = realPath(join(root, path));
      makeFolders(dirname(target), folders, system);
      const temporary = `${target}.kafka4-${process.pid}.tmp`;
      const mode = fs.statSync(target, { throwIfNoEntry: false })?.mode;
      prepared.push({ ...change, target, temporary });
      system.writeFileSync(temporary, change.text, { flag: 'wx', ...(mode === undefined ? {} : { mode }) });
    }
    for (const each of prepared) {
      path = each.path;
      assertUntouched(each);
      system.renameSync(each.temporary, each.target);
      moved.push(each);
    }
  } catch (cause) {
    const left = undo(moved, prepared, folders, system);
    if (cause instanceof CliError) throw cause;
    throw failure(path, cause, left);
  }
}

/** An editor may have saved while the plan was made. */
function assertUntouched({ path, target, before }: Prepared): void {
  const now = fs.existsSync(target) ? fs.readFileSync(target, 'utf8') : undefined;
  if (now === before) return;
  throw new CliError('ERR_KAFKA_INIT_CHANGED', `${path} was changed by another program just now: run it again`);
}

/** A link is kept: what it leads to is replaced. */
function realPath(path: string): string {
  return fs.existsSync(path) ? fs.realpathSync(path) : path;
}

function makeFolders(folder: string, made: string[], system: FileSystem): void {
  if (fs.existsSync(folder)) return;
  makeFolders(dirname(folder), made, system);
  system.mkdirSync(folder);
  made.push(folder);
}

/** Gives the files that could not be put back. */
function undo(moved: Prepared[], prepared: Prepared[], folders: string[], system: FileSystem): string[] {
  const left: string[] = [];
  for (const { path, target, before } of moved) {
    try {
      if (before === undefined) system.rmSync(target);
      else system.writeFileSync(target, before);
    } catch {
      left.push(path);
    }
  }
  for (const { temporary } of prepared) {
    try {
      system.rmSync(temporary, { force: true });
    } catch {
      left.push(temporary);
    }
  }
  for (const folder of folders.reverse()) {
    try {
      system.rmdirSync(folder);
    } catch {
      // Something of another program is in it now.
    }
  }
  return left;
}

function failure(path: string, cause: unknown, left: string[]): CliError {
  const refused = ['EACCES', 'EPERM', 'EROFS'].includes((cause as NodeJS.ErrnoException)?.code ?? '');
  const code = refused ? 'ERR_KAFKA_INIT_NOT_WRITABLE' : 'ERR_KAFKA_INIT_WRITE_FAILED';
  const rest = left.length === 0 ? 'nothing was changed' : `what could not be put back: ${left.join(', ')}`;
  return new CliError(code, `${path} cannot be written (${reasonOf(cause)}); ${rest}`, { cause });
}
