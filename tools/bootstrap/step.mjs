// One command of the preparation: runs it, tells how far it is, keeps the end of its output for the case
// that it fails.

import { startChild } from './child.mjs';

const TAIL_LINES = 40;

/** An error that is told to the user as it is, without a stack. */
export class PrepareError extends Error {
  name = 'PrepareError';
}

/**
 * @param {object} step
 * @param {string} step.step    short name, for those who listen
 * @param {string} step.title
 * @param {string} [step.hint]
 * @param {string} step.command
 * @param {string[]} step.args
 * @param {NodeJS.ProcessEnv} [step.env]
 * @param {{ feed(text: string): { detail: string, done: number, total: number } | undefined }} [step.reader]
 * @param {string} step.advice  what to do when it fails
 * @param {number} [step.firstLines]  of the output, to be told besides the last ones
 * @param {{ when: (output: string) => boolean, note: string, command: string, args: string[] }} [step.otherwise]
 *   a second way, for one kind of failure
 * @param {(event: import('./progress.mjs').ProgressEvent) => void} tell
 */
export async function runStep(
  { step, title, hint, command, args, env, reader, advice, firstLines = 0, otherwise },
  tell,
) {
  const begin = performance.now();
  const elapsed = () => performance.now() - begin;
  let state = { detail: '', done: 0, total: 0 };
  tell({ type: 'start', step, title, hint });
  const tick = () => tell({ type: 'update', step, elapsed: elapsed(), ...state });
  const ticker = setInterval(tick, 500);
  const attempt = async (command, args) => {
    const tail = new Tail(TAIL_LINES, firstLines);
    const child = startChild(command, args, {
      env,
      onOutput: (text) => {
        tail.feed(text);
        state = reader?.feed(text) ?? state;
      },
    });
    const end = await child.done.catch((error) => {
      throw new PrepareError(`${title}: ${command} could not be started (${error.message})\n\n${advice}`);
    });
    if (end.code === 0) return;
    const how = end.signal ? `was ended by ${end.signal}` : `ended with code ${end.code}`;
    const what = `${title} failed: \`${[command, ...args].join(' ')}\` ${how}.`;
    throw new PrepareError(`${what} The end of its output:\n\n${tail.text()}\n\n${advice}`);
  };
  try {
    await attempt(command, args).catch((error) => {
      if (!otherwise?.when(error.message)) throw error;
      tell({ type: 'note', text: otherwise.note });
      return attempt(otherwise.command, otherwise.args);
    });
    tell({ type: 'done', step, title, elapsed: elapsed() });
  } catch (error) {
    tell({ type: 'failed', step, title, elapsed: elapsed() });
    throw error;
  } finally {
    clearInterval(ticker);
  }
}

/** The last lines of an output; of a line that is drawn over itself, what was drawn last. */
export class Tail {
  /** @type {string[]} */
  #lines = [];
  /** @type {string[]} */
  #first = [];
  #rest = '';

  /**
   * @param {number} limit
   * @param {number} [firstLines]
   */
  constructor(limit, firstLines = 0) {
    this.limit = limit;
    this.firstLines = firstLines;
  }

  /** @param {string} text */
  feed(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines.map(drawn)) {
      if (line.trim() === '') continue;
      if (this.#first.length < this.firstLines) this.#first.push(line);
      else this.#lines.push(line);
    }
    this.#lines = this.#lines.slice(-this.limit);
  }

  text() {
    const last = drawn(this.#rest);
    const lines = last.trim() === '' ? this.#lines : [...this.#lines, last].slice(-this.limit);
    return [...this.#first, ...lines].map((line) => `  ${line}`).join('\n');
  }
}

/** A progress bar is no output to show after a failure. */
function drawn(line) {
  const parts = line.split('\r').filter((part) => !/^\s*Building \[/.test(part) && part.trim() !== '');
  return parts.at(-1) ?? '';
}
