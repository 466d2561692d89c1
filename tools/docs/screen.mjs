// A terminal without a window: takes what a program writes to one and knows what is to be seen, with colours, and
// what has scrolled away. As much of ECMA-48 as the tools of this repository use.

import { width as cells } from '../terminal/text.mjs';

/**
 * @typedef {object} Look
 * @property {number} [colour]  0 to 7, as in SGR 30 to 37
 * @property {boolean} [bold]
 * @property {boolean} [dim]
 */

/** @typedef {{ text: string, look: Look }} Cell  an empty text: the second half of a wide character */

const TOKENS = /\u001b\[([0-9;?]*)([A-Za-z])|[^\u001b]/gu;

export class Screen {
  /** Everything, from the first line that was ever written. @type {Cell[][]} */
  lines = [[]];
  /** How many lines have left the screen at its upper end. */
  scrolled = 0;
  cursorShown = true;
  #row = 0;
  #column = 0;
  /** @type {Look} */
  #look = {};

  /** @param {number} columns @param {number} rows */
  constructor(columns, rows) {
    this.columns = columns;
    this.rows = rows;
  }

  /** @param {string} text */
  write(text) {
    for (const [token, parameters, command] of text.matchAll(TOKENS)) {
      if (command) this.#control(command, parameters);
      else if (token === '\r') this.#column = 0;
      else if (token === '\n') this.#down();
      else if (token >= ' ') this.#put(token);
    }
  }

  /** @param {string} command @param {string} parameters */
  #control(command, parameters) {
    const first = Number(parameters.split(';')[0]) || 0;
    // What has scrolled away can never be reached again.
    if (command === 'A') this.#row = Math.max(this.scrolled, this.#row - Math.max(1, first));
    else if (command === 'K') this.lines[this.#row].splice(first === 2 ? 0 : this.#column);
    else if (command === 'J') {
      this.lines[this.#row].splice(this.#column);
      this.lines.splice(this.#row + 1);
    } else if (command === 'h' && parameters === '?25') this.cursorShown = true;
    else if (command === 'l' && parameters === '?25') this.cursorShown = false;
    else if (command === 'm') for (const code of parameters.split(';')) this.#paint(Number(code));
  }

  /** @param {number} code */
  #paint(code) {
    if (code === 0) this.#look = {};
    else if (code === 1) this.#look = { ...this.#look, bold: true };
    else if (code === 2) this.#look = { ...this.#look, dim: true };
    else if (code >= 30 && code <= 37) this.#look = { ...this.#look, colour: code - 30 };
  }

  #down() {
    this.#row += 1;
    if (this.#row === this.lines.length) this.lines.push([]);
    this.scrolled = Math.max(this.scrolled, this.#row - this.rows + 1);
  }

  /** @param {string} character */
  #put(character) {
    const size = cells(character);
    const line = this.lines[this.#row];
    if (size === 0) {
      if (line[this.#column - 1]) line[this.#column - 1].text += character;
      return;
    }
    if (this.#column + size > this.columns) {
      this.#column = 0;
      this.#down();
      this.#put(character);
      return;
    }
    while (line.length < this.#column) line.push({ text: ' ', look: {} });
    line[this.#column] = { text: character, look: this.#look };
    if (size === 2) line[this.#column + 1] = { text: '', look: this.#look };
    this.#column += size;
  }

  /** What is and was to be seen, without colours. */
  get text() {
    return this.lines
      .map((line) =>
        line
          .map(({ text }) => text)
          .join('')
          .trimEnd(),
      )
      .join('\n')
      .trimEnd();
  }
}
