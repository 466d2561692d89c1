// Packs once for a spec file, unpacks as npm would, runs the tools in processes of their own.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainEnvironment, ROOT } from '../support/child';

export interface PackedPackage {
  name: string;
  version: string;
  file: string;
  size: number;
  files: string[];
  addon?: string;
}

export interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Without what a package manager or a runner around the tests has set. */
export function ownEnvironment(changes: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  const plain = plainEnvironment();
  for (const name of Object.keys(plain)) {
    if (/^(npm_|CARGO_(TARGET|BUILD|TERM)|RUSTFLAGS|CI$|INIT_CWD|NAPI_|NODE_OPTIONS)/i.test(name)) delete plain[name];
  }
  return Object.fromEntries(Object.entries({ ...plain, ...changes }).filter(([, value]) => value !== undefined));
}

export function run(command: string, args: string[], cwd = ROOT, env = ownEnvironment()): Run {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 150_000 });
  return { status, stdout: stdout ?? '', stderr: `${stderr ?? ''}${error?.message ?? ''}` };
}

export const node = (args: string[], cwd = ROOT, env = ownEnvironment()) => run(process.execPath, args, cwd, env);

/** A folder for one spec file. */
export function newFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'kafka4-package-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** `pack.mjs --json` into `out`; what it cannot pack fails the caller. */
export function pack(out: string, ...flags: string[]): PackedPackage[] {
  const { status, stdout, stderr } = node(['tools/package/pack.mjs', '--out', out, '--json', ...flags]);
  if (status !== 0) throw new Error(`pack.mjs ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as PackedPackage[];
}

/** Where npm would put it, below `folder`. */
export function unpack(tarball: string, folder: string, name: string): string {
  const path = join(folder, 'node_modules', name);
  mkdirSync(path, { recursive: true });
  const { status, stderr } = run('tar', ['xzf', tarball, '-C', path, '--strip-components', '1']);
  if (status !== 0) throw new Error(`tar: ${stderr}`);
  return path;
}

export function json(path: string): any {
  return JSON.parse(readFileSync(path, 'utf8'));
}
