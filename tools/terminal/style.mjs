// What a terminal can show: colours, characters, size.

const RESET = '\u001b[0m';
const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 };

const UNICODE = {
  topLeft: '╭',
  topRight: '╮',
  bottomLeft: '╰',
  bottomRight: '╯',
  line: '─',
  side: '│',
  ok: '✔',
  fail: '✖',
  skip: '○',
  wait: '·',
  full: '█',
  empty: '░',
  dot: '·',
  sparks: [...'▁▂▃▄▅▆▇█'],
  spinner: [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'],
};
// For a terminal without the characters above (the Linux console, TERM=dumb).
const ASCII = {
  topLeft: '+',
  topRight: '+',
  bottomLeft: '+',
  bottomRight: '+',
  line: '-',
  side: '|',
  ok: 'ok',
  fail: 'x',
  skip: 'o',
  wait: '.',
  full: '#',
  empty: '.',
  dot: '-',
  sparks: [...'_.-=*#'],
  spinner: [...'|/-\\'],
};

/**
 * @typedef {object} Style
 * @property {(text: string) => string} bold
 * @property {(text: string) => string} dim
 * @property {(text: string) => string} red
 * @property {(text: string) => string} green
 * @property {(text: string) => string} yellow
 * @property {(text: string) => string} blue
 * @property {(text: string) => string} magenta
 * @property {(text: string) => string} cyan
 * @property {typeof UNICODE} glyphs
 */

/**
 * Colours go to terminals only, and never where the user has set NO_COLOR (https://no-color.org: to
 * anything but the empty string).
 *
 * @param {{ isTTY?: boolean }} stream
 */
export function usesColour(stream, env = process.env) {
  return Boolean(stream.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb';
}

/**
 * @param {{ colour?: boolean, ascii?: boolean }} [options]
 * @returns {Style}
 */
export function createStyle({ colour = false, ascii = false } = {}) {
  /** @type {any} */
  const style = { glyphs: ascii ? ASCII : UNICODE };
  for (const [name, code] of Object.entries(COLOURS)) {
    // An inner colour ends with a reset, which would end the outer one too: begin it again there.
    style[name] = colour
      ? (text) => `\u001b[${code}m${String(text).replaceAll(RESET, `${RESET}\u001b[${code}m`)}${RESET}`
      : String;
  }
  return style;
}

/** The style for a stream. @param {{ isTTY?: boolean }} stream */
export function styleOf(stream, env = process.env) {
  return createStyle({ colour: usesColour(stream, env), ascii: env.TERM === 'dumb' || env.TERM === 'linux' });
}

/**
 * The columns to draw in: those of the terminal, but no less than 60 (below that nothing is readable
 * anyway) and no more than 120 (the eye loses the line). Without a terminal, 100.
 *
 * @param {{ columns?: number }} stream
 */
export function drawingWidth(stream) {
  const columns = Number(stream.columns) || 100;
  return Math.max(60, Math.min(120, columns));
}
