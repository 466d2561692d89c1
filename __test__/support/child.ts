// Processes of their own that use the built package, for what only a whole process can show: exit codes, signals, threads.

import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

export const ROOT = resolve(__dirname, '..', '..');

export interface ChildResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** ms from the start to the end. */
  ms: number;
  /** It had to be ended, because it did not end by itself. */
  hung: boolean;
}

export interface ChildOptions {
  env?: Record<string, string | undefined>;
  /** ms after which it counts as hung and is killed. */
  within?: number;
  /** `module` (default) or `commonjs`. */
  type?: 'module' | 'commonjs';
  /** Flags of node. */
  flags?: string[];
  /** Called with everything that was printed so far, whenever something is printed. */
  onOutput?: (stdout: string, child: ChildProcess) => void;
}

const isOurs = (name: string) => name.startsWith('KAFKA') || name.startsWith('JEST') || name === 'NODE_ENV';

/** The environment without settings of Kafka and without what tells that a test runner is around. */
export function plainEnvironment(changes: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !isOurs(name));
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...kept, ...given]);
}

/** Runs a script with `node -e`; `import('kafka4')` and `require('kafka4')` find this package. */
export function runScript(script: string, options: ChildOptions = {}): Promise<ChildResult> {
  const { env = {}, within = 20_000, type = 'module', flags = [], onOutput } = options;
  return new Promise((done, fail) => {
    const begun = Date.now();
    const args = [...flags, `--input-type=${type}`, '-e', script];
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: plainEnvironment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result: ChildResult = { code: null, signal: null, stdout: '', stderr: '', ms: 0, hung: false };
    const limit = setTimeout(() => {
      result.hung = true;
      child.kill('SIGKILL');
    }, within);
    child.stdout.on('data', (chunk) => {
      result.stdout += chunk;
      onOutput?.(result.stdout, child);
    });
    child.stderr.on('data', (chunk) => {
      result.stderr += chunk;
    });
    child.on('error', fail);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      done({ ...result, code, signal, ms: Date.now() - begun });
    });
  });
}

/** The JSON that a script printed as its last line. */
export function lastLine<T>(result: ChildResult): T {
  const line = result.stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line) as T;
  } catch {
    throw new Error(`no JSON at the end of the output: ${JSON.stringify(result)}`);
  }
}
