// A producer or consumer process of the soak: started, watched, told to stop.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { held } from '../leaks/meter.mjs';

/** KAFKA_TIMEOUT of the parts, and a little more. */
const STOP_MS = 45_000;

export class Part {
  /** The last line that it told. @type {Record<string, any>} */
  told = {};
  /** @type {{ second: number, rssKib: number, threads: number, descriptors: number }[]} */
  samples = [];

  /**
   * @param {string} name  of its script
   * @param {object} settings
   * @param {string} brokers
   */
  constructor(name, settings, brokers) {
    this.name = name;
    const ours = (each) => /^(KAFKA|JEST|NODE_ENV$)/.test(each);
    const env = Object.fromEntries(Object.entries(process.env).filter(([each]) => !ours(each)));
    const script = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
    this.child = spawn(process.execPath, ['--expose-gc', script, JSON.stringify(settings)], {
      env: { ...env, KAFKA_BROKER: brokers, KAFKA_LOG_LEVEL: '0' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => this.child.on('close', (code, signal) => resolve({ code, signal })));
    this.ready = new Promise((resolve, reject) => {
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        const told = JSON.parse(line);
        if (told.ready) resolve(undefined);
        else this.told = told;
      });
      this.ended.then(({ code, signal }) => reject(new Error(`${name} ended by ${signal ?? `code ${code}`}`)));
    });
  }

  /** False: it runs no more. */
  sample(second) {
    try {
      this.samples.push({ second, ...held(this.child.pid) });
      return this.child.exitCode === null && this.child.signalCode === null;
    } catch {
      return false;
    }
  }

  /** Bounded; gives how it ended. */
  async stop() {
    this.child.stdin.end();
    let hung = false;
    const limit = setTimeout(() => {
      hung = true;
      this.child.kill('SIGKILL');
    }, STOP_MS);
    const end = await this.ended;
    clearTimeout(limit);
    return { ...end, hung };
  }
}
