// A part of the terminal that is drawn again and again in place. What is above it stays where it is;
// what others print meanwhile goes above it. On a stream that is no terminal it draws nothing.

import { isInteractive } from './style.mjs';
import { width as cells, truncate } from './text.mjs';

const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';
const CLEAR_LINE = '\u001b[2K';
const CLEAR_BELOW = '\u001b[J';
// Terminals that know it show the whole frame at once, so that nothing flickers; the others ignore it.
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

export class LiveArea {
  /** @type {string[]} what is on the screen now */
  #shown = [];
  #open = false;
  /** @type {(() => void)[]} */
  #undo = [];

  /**
   * @param {NodeJS.WriteStream} stream
   * @param {{ guard?: NodeJS.WriteStream[] }} [options]  streams of the same terminal whose writing would
   *   go through the drawing
   */
  constructor(stream, { guard = [] } = {}) {
    this.stream = stream;
    this.guard = guard;
    this.enabled = isInteractive(stream);
    this.#write = stream.write.bind(stream);
  }

  /** @type {(text: string) => unknown} */
  #write;

  /** @param {string[]} lines */
  draw(lines) {
    if (!this.enabled) return;
    if (!this.#open) this.#begin();
    this.#write(BEGIN + this.#frame(lines) + END);
  }

  /** Above the area (or just out, when there is none). @param {string} text */
  print(text) {
    const ended = text.endsWith('\n') ? text : `${text}\n`;
    if (!this.#open) {
      this.#write(ended);
      return;
    }
    const lines = this.#shown;
    this.#write(BEGIN + this.#up() + CLEAR_BELOW + ended);
    this.#shown = [];
    this.#write(this.#frame(lines) + END);
  }

  /** Takes the drawing away and gives the terminal back. */
  close() {
    if (!this.#open) return;
    this.#write(this.#up() + CLEAR_BELOW + SHOW);
    this.#shown = [];
    this.#open = false;
    for (const undo of this.#undo.splice(0)) undo();
  }

  #begin() {
    this.#open = true;
    this.#write(HIDE);
    // Whatever ends the process: a terminal without a cursor is a nuisance.
    const show = () => this.#write(SHOW);
    process.once('exit', show);
    this.#undo.push(() => process.removeListener('exit', show));
    for (const stream of this.guard) this.#watch(stream);
  }

  /** Text that others write to the terminal goes above the area. */
  #watch(stream) {
    if (!stream.isTTY) return;
    const write = stream.write;
    stream.write = (chunk, encoding, callback) => {
      this.print(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      const done = typeof encoding === 'function' ? encoding : callback;
      if (done) process.nextTick(done);
      return true;
    };
    this.#undo.push(() => {
      stream.write = write;
    });
  }

  /** @param {string[]} lines */
  #frame(lines) {
    const columns = this.stream.columns || 80;
    // The last row stays free: a line break there would scroll, and the way up would be wrong by one.
    const rows = Math.max(1, (this.stream.rows || 24) - 1);
    const next = lines.slice(0, rows).map((line) => truncate(line, columns));
    const text = this.#up() + next.map((line) => `${CLEAR_LINE}${line}\n`).join('') + CLEAR_BELOW;
    this.#shown = next;
    return text;
  }

  /**
   * To the first line of the area. A terminal that was made narrower since has broken the lines that
   * are there into more rows.
   */
  #up() {
    const columns = this.stream.columns || 80;
    const rows = this.#shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(cells(line) / columns)), 0);
    const reach = Math.min(rows, Math.max(1, (this.stream.rows || 24) - 1));
    return rows > 0 ? `\r\u001b[${reach}A` : '\r';
  }
}
