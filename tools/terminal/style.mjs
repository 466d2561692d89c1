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
 * @property {(text: string) => string} encode  the last step before a line is written
 */

/**
 * Colours go to terminals, and not where the user has set NO_COLOR (https://no-color.org: to anything but the
 * empty string) or the terminal knows none. FORCE_COLOR decides alone, as it does in Node.js itself: 0 or
 * false for none, anything else for colours, also into a pipe.
 *
 * @param {{ isTTY?: boolean }} stream
 */
export function usesColour(stream, env = process.env) {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return Boolean(stream.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb';
}

/**
 * Whether a drawing can be redrawn in place: on a terminal that can move its cursor, and not in a CI service,
 * which keeps every frame in its log.
 *
 * @param {{ isTTY?: boolean }} stream
 */
export function isInteractive(stream, env = process.env) {
  const ci = Boolean(env.CI) && env.CI !== 'false' && env.CI !== '0';
  return Boolean(stream.isTTY) && env.TERM !== 'dumb' && !ci;
}

/**
 * Whether to keep to ASCII: terminals without the characters, and a locale that names another encoding than
 * UTF-8. No locale at all (containers) says nothing.
 */
export function usesAscii(env = process.env, platform = process.platform) {
  if (env.TERM === 'dumb' || env.TERM === 'linux') return true;
  // The old console of Windows; its newer terminals, and those of editors, tell their name.
  if (platform === 'win32') return !(env.WT_SESSION || env.TERM_PROGRAM || env.TERM || env.ConEmuTask);
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return locale !== '' && !/utf-?8/i.test(locale);
}

/** What words and numbers use besides ASCII; as wide as before, so that nothing moves. @param {string} text */
const toAscii = (text) =>
  text.replace(/[µ×…·]/g, (letter) => ({ µ: 'u', '×': 'x', '…': '~', '·': '-' })[letter] ?? letter);

/**
 * @param {{ colour?: boolean, ascii?: boolean }} [options]
 * @returns {Style}
 */
export function createStyle({ colour = false, ascii = false } = {}) {
  /** @type {any} */
  const style = { glyphs: ascii ? ASCII : UNICODE, encode: ascii ? toAscii : String };
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
  return createStyle({ colour: usesColour(stream, env), ascii: usesAscii(env) });
}

/**
 * The columns to draw in: those of the terminal, but no less than 40 (below that lines are cut) and no more
 * than 120 (the eye loses the line). Without a terminal, 100.
 *
 * @param {{ columns?: number }} stream
 */
export function drawingWidth(stream) {
  const columns = Number(stream.columns) || 100;
  return Math.max(40, Math.min(120, columns));
}

/**
 * Where to break sentences: at the window's edge, but not in a log, where somebody may search for them.
 *
 * @param {{ isTTY?: boolean, columns?: number }} stream
 */
export function proseWidth(stream) {
  return stream.isTTY ? drawingWidth(stream) : Number.POSITIVE_INFINITY;
}
