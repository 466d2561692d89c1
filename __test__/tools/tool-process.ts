// Runs the quickstart or kafka:test as a process of its own, on services that are a fake (quickstart-fake.mjs).

import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export const ROOT = resolve(__dirname, '..', '..');
/** What is sent in tests: little, so that a run takes a second. */
const FAST = { seconds: 0.4, perSecond: 1_000, batches: 2, batchSize: 2_000, transactions: 3 };

export type Tool = 'quickstart' | 'kafka-test';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const url = (...path: string[]) => JSON.stringify(pathToFileURL(join(ROOT, ...path)).href);

/** The arguments of `node` that run the tool with these options. */
export function toolArguments(tool: Tool, flags: string[] = []): string[] {
  const program = `
    import { main } from ${url('tools', tool, 'run.mjs')};
    import { finish } from ${url('tools', 'terminal', 'exit.mjs')};
    finish(await main({
      argv: ${JSON.stringify(flags)},
      prepare: async () => {},
      load: () => import(${url('__test__', 'tools', 'quickstart-fake.mjs')}),
      plan: ${JSON.stringify(FAST)},
    }));`;
  return ['--input-type=module', '-e', program];
}

/** Without what would change how a tool decides: settings of Kafka, colours, CI, locale. */
export function toolEnvironment(changes: Record<string, string>): NodeJS.ProcessEnv {
  const decides = /^(KAFKA_|CI$|NO_COLOR$|FORCE_COLOR$|LC_|LANG$|NODE_)/;
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !decides.test(name))), ...changes };
}

export function begin(tool: Tool, env: Record<string, string>, flags: string[] = []) {
  const child = spawn(process.execPath, toolArguments(tool, flags), { env: toolEnvironment(env) });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk) => (ended.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (ended.stderr += chunk));
  const end = new Promise<Ended>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done({ ...ended, code }));
  });
  return { child: child as ChildProcess, end, so: ended };
}

export const run = (...args: Parameters<typeof begin>): Promise<Ended> => begin(...args).end;
