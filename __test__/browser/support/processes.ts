// Processes that the browser tests start: their output is kept, and none outlives its test.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { until } from '../../support/until';

/** ms: a build on a machine that does much else. */
const BUILD_MS = 500_000;

/** ms for what a test prepares: copies, builds, servers. Alone on two cores it is a minute. */
export const PREPARATION_MS = 600_000;

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process of its own group, so that whatever it has started ends with it. */
export class Running {
  output = '';
  ended: Ended | undefined;
  readonly #child: ChildProcess;

  constructor(
    private readonly name: string,
    command: string,
    args: string[],
    options: SpawnOptions,
  ) {
    this.#child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (text) => {
        this.output += text;
      });
    }
    this.#child.on('error', (error) => {
      this.output += String(error);
      this.ended = { code: null, signal: null };
    });
    this.#child.on('exit', (code, signal) => {
      this.ended = { code, signal };
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** To the process alone, as an orchestrator does. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(within = 60_000): Promise<Ended> {
    return until(`${this.name} ends`, () => this.ended, within).catch((error) => this.fail(error));
  }

  /** Rejects with the output when the process ends first. */
  async until<T>(what: string, condition: () => T | Promise<T>, within = 60_000): Promise<NonNullable<T>> {
    try {
      return await until(
        what,
        () => {
          if (this.ended) throw new Error(`${this.name} ended (${JSON.stringify(this.ended)}) before: ${what}`);
          return condition();
        },
        within,
      );
    } catch (error) {
      return this.fail(error as Error);
    }
  }

  /** The whole group, at once; for the end of a test. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // It has ended already, with everything that it had started.
    }
    if (this.pid > 0) await this.end();
  }

  private fail(error: Error): never {
    throw new Error(`${error.message}\n--- the end of the output of ${this.name}:\n${this.output.slice(-4_000)}`);
  }
}

/** Runs to its end; rejects with the output when that is no success. */
export async function run(name: string, command: string, args: string[], options: SpawnOptions): Promise<string> {
  const running = new Running(name, command, args, options);
  try {
    const { code } = await running.end(BUILD_MS);
    if (code !== 0) throw new Error(`${name} ended with ${code}:\n${running.output.slice(-4_000)}`);
    return running.output;
  } finally {
    await running.stop();
  }
}

/** One that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
