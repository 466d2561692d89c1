// The example in a folder of its own, as a user has it: not inside this repository, with kafka4 installed.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT } from '../../support/child';
import { Running, run } from './processes';

const EXAMPLE = join(ROOT, 'examples', 'nextjs');
/** Made by tools, in the example or here. */
const LEFT_OUT = new Set(['node_modules', '.next', 'next-env.d.ts']);

export interface AppCopy {
  /** Holds everything of this copy. */
  base: string;
  dir: string;
  remove(): void;
}

/**
 * `packed`: kafka4 from the tarballs that are published. `built`: this repository's build as it is, which is quicker.
 */
export async function copyApp(from: 'packed' | 'built'): Promise<AppCopy> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'kafka4-browser-')));
  const dir = join(base, 'app');
  const remove = () => rmSync(base, { recursive: true, force: true, maxRetries: 3 });
  try {
    await script(`const { installPackages } = await import('./tools/dev/example.mjs'); installPackages();`);
    cpSync(EXAMPLE, dir, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
    copyPackages(dir);
    if (from === 'packed') await installPacked(base, dir);
    else
      await script(
        `const { placeKafka4 } = await import('./tools/dev/example.mjs'); placeKafka4(${JSON.stringify(dir)});`,
      );
  } catch (error) {
    remove();
    throw error;
  }
  return { base, dir, remove };
}

/** In a process of its own: these tools are modules that jest would have to compile. */
const script = (text: string) =>
  run('preparing the example', process.execPath, ['--input-type=module', '-e', text], { cwd: ROOT });

/** As links to the same files where the file system can: hundreds of megabytes. Nobody writes into them. */
function copyPackages(dir: string): void {
  const source = join(EXAMPLE, 'node_modules');
  const target = join(dir, 'node_modules');
  if (spawnSync('cp', ['-al', source, target]).status !== 0) {
    rmSync(target, { recursive: true, force: true });
    cpSync(source, target, { recursive: true, verbatimSymlinks: true });
  }
  // A link into this repository, or its build: both are not what a user has.
  rmSync(join(target, 'kafka4'), { recursive: true, force: true });
}

/** What `npm install kafka4` would unpack, from the same tarballs. */
async function installPacked(base: string, dir: string): Promise<void> {
  const out = join(base, 'tarballs');
  const output = await run('pack', process.execPath, ['tools/package/pack.mjs', '--out', out, '--json'], { cwd: ROOT });
  const packed = JSON.parse(output.slice(output.indexOf('['))) as { name: string; file: string }[];
  for (const { name, file } of packed) {
    const place = join(dir, 'node_modules', name);
    mkdirSync(place, { recursive: true });
    await run('tar', 'tar', ['-xzf', file, '-C', place, '--strip-components=1', '--no-same-owner'], {});
  }
}

const next = (dir: string) => join(dir, 'node_modules', 'next', 'dist', 'bin', 'next');

/** The environment without what belongs to this test run: Next.js looks at NODE_ENV and jest's variables, too. */
export function appEnvironment(changes: Record<string, string>): NodeJS.ProcessEnv {
  const strange = /^(KAFKA_|JEST_|NODE_ENV$|NODE_OPTIONS$|npm_|DATABASE_URL$|REDIS_URL$|SESSION_SECRET$)/;
  const kept = Object.entries(process.env).filter(([name]) => !strange.test(name));
  return { ...Object.fromEntries(kept), NEXT_TELEMETRY_DISABLED: '1', ...changes } as unknown as NodeJS.ProcessEnv;
}

export function build(dir: string, args: string[], environment: Record<string, string>): Promise<string> {
  return run('next build', process.execPath, [next(dir), 'build', ...args], {
    cwd: dir,
    env: appEnvironment(environment),
  });
}

/** `next dev` or `next start`. */
export function startNext(dir: string, args: string[], environment: Record<string, string>): Running {
  return new Running(`next ${args[0]}`, process.execPath, [next(dir), ...args], {
    cwd: dir,
    env: appEnvironment(environment),
  });
}

/** All files below a folder that end so. */
export function filesEnding(dir: string, end: string): string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith(end)).map((entry) => entry.name);
}
