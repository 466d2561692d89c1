// A freshly created Next.js app in a temporary folder, and the processes that run in it.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join, relative, sep } from 'node:path';
import { until } from '../support/until';
import { ownEnvironment } from './packaging-support';

export interface Finished {
  code: number | null;
  /** Standard output and standard error, as they came. */
  output: string;
}

/** Runs a command to its end without blocking this process, whose servers have to answer meanwhile. */
export function finish(
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Without questions, telemetry and colours. */
function environment(changes: Record<string, string>): NodeJS.ProcessEnv {
  return ownEnvironment({ CI: '1', NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', ...changes });
}

/** Creates the app by create-next-app; nothing is installed yet. */
export async function createNextApp(folder: string, name: string, version: string): Promise<string> {
  const options = ['--ts', '--app', '--empty', '--no-src-dir', '--no-tailwind', '--no-eslint', '--no-turbopack'];
  const more = ['--import-alias', '@/*', '--use-npm', '--skip-install', '--disable-git', '--yes'];
  const made = await finish('npx', ['--yes', `create-next-app@${version}`, name, ...options, ...more], folder);
  if (made.code !== 0) throw new Error(`create-next-app ended with ${made.code}:\n${made.output}`);
  return join(folder, name);
}

/** The files of an app, each with a digest of its content. */
export function digests(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const own = paths
    .map((path) => relative(root, path).split(sep).join('/'))
    .filter((path) => !/^(node_modules|\.next)\//.test(path));
  return Object.fromEntries(
    own.sort().map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(root, path)))
        .digest('hex'),
    ]),
  );
}

/** Replaces a part of a file that must be there. */
export function change(root: string, path: string, from: string, to: string): void {
  const text = readFileSync(join(root, path), 'utf8');
  if (!text.includes(from)) throw new Error(`${path} has no ${from}:\n${text}`);
  writeFileSync(join(root, path), text.replace(from, to));
}

/** Something that listens where a broker is expected, and counts who comes. */
export class CountingServer {
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => {});
    });
  }

  static async listening(): Promise<CountingServer> {
    const server = new CountingServer();
    server.#server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.#server.once('listening', resolve));
    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** A server of Next.js that runs: `next start` or `next dev`. */
export class NextServer {
  readonly #child: ChildProcess;
  output = '';

  constructor(root: string, args: string[], env: Record<string, string>) {
    // Not by npm or npx: signals go to the process that they are meant for.
    const command = [join('node_modules', 'next', 'dist', 'bin', 'next'), ...args, '--port', '0'];
    this.#child = spawn(process.execPath, command, {
      cwd: root,
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (chunk: Buffer) => {
      this.output += chunk;
    };
    this.#child.stdout!.on('data', take);
    this.#child.stderr!.on('data', take);
  }

  /** The address, as soon as it answers. */
  async ready(path: string): Promise<string> {
    return until(
      `an answer of ${path}: ${this.output}`,
      async () => {
        if (this.#child.exitCode !== null) throw new Error(`the server has ended:\n${this.output}`);
        const [, url] = /(http:\/\/localhost:\d+)/.exec(this.output) ?? [];
        if (url === undefined) return undefined;
        const answer = await fetch(`${url}${path}`).catch(() => undefined);
        return answer?.ok ? url : undefined;
      },
      90_000,
    );
  }

  /** Gives the exit code and the signal that ended it. */
  async stop(signal: NodeJS.Signals): Promise<[number | null, NodeJS.Signals | null]> {
    this.#child.kill(signal);
    await until(`the end of the server: ${this.output}`, () => this.hasEnded, 60_000);
    return [this.#child.exitCode, this.#child.signalCode];
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  kill(): void {
    if (!this.hasEnded) this.#child.kill('SIGKILL');
  }
}
