// Projects of users in temporary folders: kafka4 as it is packed, a test runner beside it, test files.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { plainEnvironment, ROOT } from '../../support/child';

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  /** ms from the line that says that all tests have ended to the end of the process; undefined: it never came. */
  exitMs: number | undefined;
  /** It had to be ended. */
  hung: boolean;
}

/** ms: npm fetches a test runner, on a machine that may be busy. */
export const INSTALL_MS = 170_000;

/** ms of one run of a runner, far above what it takes. */
const RUN_MS = 90_000;

/** Where the projects of one spec file are. */
export class Stage {
  readonly dir = mkdtempSync(join(tmpdir(), 'kafka4-runners-'));
  #tarballs: string[] = [];

  /** An empty project with these packages and kafka4. */
  project(name: string, packages: string[], type: 'commonjs' | 'module' = 'commonjs'): string {
    const dir = join(this.dir, name);
    mkdirSync(dir, { recursive: true });
    write(dir, { 'package.json': JSON.stringify({ name, private: true, type }) });
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    must('npm', ['install', ...flags, ...packages, ...this.#tarballs], dir);
    return dir;
  }

  /** Packs kafka4 and the addon of this platform as they would be published. */
  pack(): void {
    const out = join(this.dir, 'packed');
    must(process.execPath, [join(ROOT, 'tools', 'package', 'pack.mjs'), '--out', out], ROOT);
    this.#tarballs = readdirSync(out)
      .filter((file) => file.endsWith('.tgz'))
      .map((file) => join(out, file));
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

function must(command: string, args: string[], cwd: string): void {
  const env = plainEnvironment();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: INSTALL_MS });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

/** Writes files by their path within the folder. */
export function write(dir: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
}

/** Runs node in a project until it ends; `ended`: what the runner prints when all tests have ended. */
export function run(dir: string, args: string[], ended: RegExp, env: Record<string, string> = {}): Promise<Run> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, {
      cwd: dir,
      env: plainEnvironment({ CI: 'true', NO_COLOR: '1', KAFKA_LOG_LEVEL: '0', ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result: Run = { code: null, signal: null, output: '', exitMs: undefined, hung: false };
    let endedAt: number | undefined;
    const limit = setTimeout(() => {
      result.hung = true;
      child.kill('SIGKILL');
    }, RUN_MS);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        result.output += chunk;
        if (endedAt === undefined && ended.test(result.output)) endedAt = Date.now();
      });
    }
    child.on('error', fail);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      const exitMs = endedAt === undefined ? undefined : Date.now() - endedAt;
      done({ ...result, code, signal, exitMs });
    });
  });
}
