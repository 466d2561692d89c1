// A client in a process of its own, seen from outside: started, asked to stop, killed, frozen.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { JournalReader } from './journal.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const READY_LIMIT = 60_000;

/** What a developer has set must not decide what the lab's clients do. */
function environment() {
  const ours = (name) => !name.startsWith('KAFKA_') && !name.startsWith('JEST') && name !== 'NODE_ENV';
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => ours(name)));
}

export class Actor {
  /** Counts that the process told last. @type {Record<string, number>} */
  latest = {};
  running = false;
  /** @type {{ code: number | null, signal: NodeJS.Signals | null } | undefined} */
  end;
  /** @type {import('node:child_process').ChildProcess} */
  #child;
  /** @type {Promise<void>} */
  #ended = Promise.resolve();
  #reader;

  /**
   * @param {'producer' | 'consumer'} kind
   * @param {string} name    of the process, and of its files
   * @param {string} folder  for the journal and the log
   * @param {Record<string, any>} settings
   */
  constructor(kind, name, folder, settings) {
    this.kind = kind;
    this.name = name;
    this.journal = join(folder, `${name}.jsonl`);
    this.log = join(folder, `${name}.log`);
    this.settings = settings;
    this.#reader = new JournalReader(this.journal);
  }

  /** Resolves when the client is connected (a consumer: has joined its group). A second start goes on with the journal. */
  async start() {
    const log = openSync(this.log, 'a');
    const settings = JSON.stringify({ ...this.settings, name: this.name, journal: this.journal });
    const child = spawn(process.execPath, [join(HERE, `${this.kind}.mjs`), settings], {
      stdio: ['pipe', 'pipe', log],
      env: environment(),
    });
    closeSync(log);
    this.#child = child;
    this.running = true;
    this.end = undefined;
    child.stdin.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        this.running = false;
        this.end = { code, signal };
        resolve();
      });
    });
    await new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`${this.name} ${why}\n${this.tail()}`));
      const limit = setTimeout(() => fail(`was not ready after ${READY_LIMIT} ms`), READY_LIMIT);
      createInterface({ input: child.stdout }).on('line', (line) => {
        const told = JSON.parse(line);
        if (!told.ready) this.latest = told;
        else {
          clearTimeout(limit);
          resolve(undefined);
        }
      });
      child.on('error', (error) => fail(error.message));
      child.on('close', (code, signal) => {
        clearTimeout(limit);
        fail(`ended by ${signal ?? `exit code ${code}`}`);
      });
    });
  }

  /** What the journal holds since the last call. */
  news() {
    return this.#reader.read();
  }

  /** Nothing is sent any more; the process waits for what is under way. Consumers have no such state. */
  quiesce() {
    this.#child.stdin?.write('quiesce\n');
  }

  /**
   * An orderly end, killed after the limit.
   *
   * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, ms: number, hung: boolean }>}
   */
  async stop(limit = 60_000) {
    const begun = Date.now();
    let hung = false;
    const hard = setTimeout(() => {
      hung = true;
      this.#child.kill('SIGKILL');
    }, limit);
    if (this.running) this.#child.stdin?.write('stop\n');
    await this.#ended;
    clearTimeout(hard);
    return { ...(this.end ?? { code: null, signal: null }), ms: Date.now() - begun, hung };
  }

  async kill9() {
    if (this.running) this.#child.kill('SIGKILL');
    await this.#ended;
  }

  freeze() {
    this.#child.kill('SIGSTOP');
  }

  thaw() {
    this.#child.kill('SIGCONT');
  }

  /** The last lines of what the process printed. */
  tail() {
    const lines = readFileSync(this.log, 'utf8').trimEnd().split('\n');
    return lines
      .slice(-8)
      .map((line) => `  ${line}`)
      .join('\n');
  }

  close() {
    this.#reader.close();
  }
}
