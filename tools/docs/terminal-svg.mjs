// A terminal's screen as an SVG: text that can be selected and searched, sharp at every size, with a description
// for those who do not see it.

/** @typedef {import('./screen.mjs').Cell} Cell */
/** @typedef {import('./screen.mjs').Look} Look */

const CELL = { width: 8.4, height: 17, font: 14 };
const MARGIN = 16;
const BAR = 34;
const BACKGROUND = '#0d1117';
const FOREGROUND = '#e6edf3';
const DIM = '#8b949e';
/** SGR 30 to 37; each readable on the background (contrast above 4.5). */
const COLOURS = ['#8b949e', '#ff7b72', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#e6edf3'];
const FONTS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

const escaped = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
const number = (value) => String(Number(value.toFixed(2)));

/** @param {Look} look */
const fill = ({ colour, dim }) => (colour === undefined ? (dim ? DIM : FOREGROUND) : COLOURS[colour]);

/**
 * Cells beside one another that look the same. Single blanks belong to a run; two end it, since what is drawn must
 * not rest on how a viewer treats white space.
 *
 * @param {Cell[]} line
 */
function runs(line) {
  /** @type {{ from: number, text: string, cells: number, look: Look }[]} */
  const found = [];
  let open;
  line.forEach(({ text, look }, column) => {
    if (text === ' ') return;
    const blanks = open ? column - open.from - open.cells : 0;
    const same = open && open.look.colour === look.colour && open.look.bold === look.bold && open.look.dim === look.dim;
    if (!open || !same || blanks > 1) {
      open = { from: column, text: '', cells: 0, look };
      found.push(open);
    } else open.text += ' '.repeat(blanks);
    open.text += text;
    open.cells = column + 1 - open.from;
  });
  return found;
}

/** @param {{ from: number, text: string, cells: number, look: Look }} run @param {number} row */
function textElement({ from, text, cells, look }, row) {
  const x = number(MARGIN + from * CELL.width);
  const y = number(BAR + row * CELL.height + CELL.font);
  // The length keeps columns in line, whatever font the reader has.
  const length = number(cells * CELL.width);
  const weight = look.bold ? ' font-weight="700"' : '';
  return `<text x="${x}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs" fill="${fill(look)}"${weight}>${escaped(text)}</text>`;
}

/**
 * @param {object} options
 * @param {Cell[][]} options.lines
 * @param {number} options.columns
 * @param {string} options.title        in the bar of the window, and the SVG's own
 * @param {string} options.description  what is to be seen, for those who do not see it
 * @returns {string}
 */
export function terminalSvg({ lines, columns, title, description }) {
  const width = number(columns * CELL.width + 2 * MARGIN);
  const height = number(BAR + lines.length * CELL.height + MARGIN);
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (colour, index) => `<circle cx="${20 + index * 18}" cy="17" r="5.5" fill="${colour}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    ...dots,
    `<g font-family="${FONTS}" font-size="${CELL.font}">`,
    `<text x="50%" y="22" text-anchor="middle" font-size="13" fill="${DIM}">${escaped(title)}</text>`,
    ...lines.flatMap((line, row) => runs(line).map((run) => textElement(run, row))),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}
