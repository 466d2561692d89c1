// Runs the broker commands as a user does: in a process of their own, with an environment of their own.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const PROJECT = resolve(__dirname, '..', '..');
export const CLI = join(PROJECT, 'tools', 'broker', 'cli.mjs');

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export function scratchDir(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'kafka4-cli-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** `undefined` takes a variable out of the environment. */
export function environment(changes: Record<string, string | undefined>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, KAFKA4_BROKER_ENGINE: 'jvm', ...changes };
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete env[name];
  return env;
}

export function runCli(args: string[], env: NodeJS.ProcessEnv): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const result: CliResult = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (result.stdout += chunk));
    child.stderr.on('data', (chunk) => (result.stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...result, code }));
  });
}

/** A process that has ended but was not collected by its parent (a zombie) has no command line any more. */
export function isAlive(pid: number): boolean {
  const commandLine = `/proc/${pid}/cmdline`;
  if (existsSync('/proc/self/cmdline')) return existsSync(commandLine) && readFileSync(commandLine).length > 0;
  return spawnSync('ps', ['-p', String(pid)]).status === 0;
}
