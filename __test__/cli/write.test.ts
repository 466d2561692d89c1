// Writing several files at once: all of them, or none.

import fs, { chmodSync, statSync, type writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FileSystem, writeAll } from '@/lib/cli/write';
import { thrown } from '../support/until';
import { filesOf, makeApp, read } from './apps';

const CHANGES = [
  { path: 'a/b/new.ts', text: 'new' },
  { path: 'edited.js', text: 'after', before: 'before' },
  { path: 'last.txt', text: 'last' },
];

/** The file system of Node.js, in which the n-th call of one function fails. */
function failing(name: keyof FileSystem, nth: number, code: string): FileSystem {
  let calls = 0;
  const own = (...args: unknown[]) => {
    calls += 1;
    if (calls === nth) throw Object.assign(new Error(`${code}: it failed, ${name} '/x'`), { code });
    return (fs[name] as (...args: unknown[]) => unknown)(...args);
  };
  return { ...fs, [name]: own } as FileSystem;
}

test('all of them are written, with the mode of what is replaced', () => {
  const root = makeApp({ 'edited.js': 'before' });
  chmodSync(join(root, 'edited.js'), 0o750);
  writeAll(root, CHANGES);
  expect(filesOf(root)).toEqual({ 'a/b/new.ts': 'new', 'edited.js': 'after', 'last.txt': 'last' });
  expect(statSync(join(root, 'edited.js')).mode & 0o777).toBe(0o750);
});

test.each([
  ['mkdirSync', 1, 'EROFS'],
  ['mkdirSync', 2, 'EACCES'],
  ['writeFileSync', 1, 'ENOSPC'],
  ['writeFileSync', 3, 'ENOSPC'],
  ['renameSync', 1, 'EACCES'],
  ['renameSync', 2, 'EBUSY'],
  ['renameSync', 3, 'EPERM'],
] as const)('when %s fails at call %d, nothing is changed', (name, nth, code) => {
  const root = makeApp({ 'edited.js': 'before' });
  const error = thrown(() => writeAll(root, CHANGES, failing(name, nth, code)));
  const refused = ['EACCES', 'EPERM', 'EROFS'].includes(code);
  expect(error.code).toBe(refused ? 'ERR_KAFKA_INIT_NOT_WRITABLE' : 'ERR_KAFKA_INIT_WRITE_FAILED');
  expect(error.message).toContain(`(${code}: it failed); nothing was changed`);
  expect(fs.readdirSync(root)).toEqual(['edited.js']);
  expect(read(root, 'edited.js')).toBe('before');
});

test('a file that was saved meanwhile is not overwritten, and the others are put back', () => {
  const root = makeApp({ 'edited.js': 'saved by an editor' });
  expect(thrown(() => writeAll(root, CHANGES)).code).toBe('ERR_KAFKA_INIT_CHANGED');
  expect(filesOf(root)).toEqual({ 'edited.js': 'saved by an editor' });
});

test('a file that has come into being meanwhile is not overwritten', () => {
  const root = makeApp({ 'edited.js': 'before', 'last.txt': 'of another program' });
  expect(thrown(() => writeAll(root, CHANGES)).code).toBe('ERR_KAFKA_INIT_CHANGED');
  expect(filesOf(root)).toEqual({ 'edited.js': 'before', 'last.txt': 'of another program' });
});

test('what cannot be put back is named', () => {
  const root = makeApp({ 'edited.js': 'before' });
  const system = failing('renameSync', 3, 'EBUSY');
  const { writeFileSync: write } = system;
  let writes = 0;
  system.writeFileSync = ((...args: Parameters<typeof writeFileSync>) => {
    writes += 1;
    if (writes > CHANGES.length) throw new Error('the disk is gone');
    write(...args);
  }) as typeof writeFileSync;
  const error = thrown(() => writeAll(root, CHANGES, system));
  expect(error.message).toContain('what could not be put back: edited.js');
});
