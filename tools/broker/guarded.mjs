// A broker behind guardian.mjs: start it, wait until it answers, send it signals, see it end.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { classPath } from './jvm.mjs';
import { TOOLS_DIR } from './paths.mjs';
import { isReady } from './wire.mjs';

const START_LIMIT = 60_000;
const TERM_LIMIT = 15_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class GuardedBroker {
  pid = 0;
  running = false;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #guardian;
  /** @type {Promise<void>} */
  #ended = Promise.resolve();
  #why = '';

  /** @param {{ java: string, jars: string, flags: string[], config: string, logFile: string, address: string }} setup */
  constructor(setup) {
    this.setup = setup;
  }

  async start() {
    if (this.running) throw new Error(`the test broker at ${this.setup.address} already runs`);
    try {
      await this.#startAndWait();
    } finally {
      // From here on nothing of this may keep a test process alive: when it ends, the pipe closes and the
      // broker goes. While it starts it must, or a script that only awaits start() would end in the middle.
      this.#hold(false);
    }
  }

  async #startAndWait() {
    await this.#spawn();
    const limit = Date.now() + START_LIMIT;
    while (!(await isReady(this.setup.address))) {
      if (!this.running) throw new Error(`the test broker ended before it was ready (${this.#why})`);
      if (Date.now() > limit) {
        await this.end('SIGKILL');
        throw new Error(`the test broker was not ready after ${START_LIMIT} ms`);
      }
      await sleep(50);
    }
  }

  /** @returns {Promise<void>} when the JVM has a pid */
  #spawn() {
    const { java, jars, flags, config, logFile } = this.setup;
    const log4j = `-Dlog4j2.configurationFile=${join(TOOLS_DIR, 'log4j2.xml')}`;
    const jvm = [java, ...flags, log4j, '-cp', classPath(jars), 'kafka.Kafka', config];
    const guardian = spawn(process.execPath, [join(TOOLS_DIR, 'guardian.mjs'), logFile, ...jvm], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // A session of its own: Ctrl-C in the terminal must not end the guardian before its broker.
      detached: true,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.#guardian = guardian;
    this.running = true;
    this.#why = '';
    guardian.stdin?.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      guardian.on('close', () => {
        this.running = false;
        resolve();
      });
    });
    return new Promise((resolve, reject) => {
      guardian.on('error', reject);
      createInterface({ input: /** @type {import('node:stream').Readable} */ (guardian.stdout) }).on('line', (line) => {
        const message = JSON.parse(line);
        if (message.error) reject(new Error(message.error));
        if (message.pid) {
          this.pid = message.pid;
          resolve();
        }
        if ('code' in message) {
          this.running = false;
          this.#why = message.signal ?? `exit code ${message.code}`;
        }
      });
    });
  }

  /** Whether the broker keeps this process alive. */
  #hold(yes) {
    const guardian = this.#guardian;
    for (const each of [guardian, guardian?.stdin, guardian?.stdout]) {
      const handle = /** @type {any} */ (each);
      if (yes) handle?.ref?.();
      else handle?.unref?.();
    }
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#guardian?.stdin?.write(`${signal}\n`);
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal) {
    if (!this.#guardian) return;
    this.#hold(true);
    const hard = setTimeout(() => this.signal('SIGKILL'), TERM_LIMIT);
    this.signal(signal);
    await this.#ended;
    clearTimeout(hard);
    this.#guardian = undefined;
  }
}
