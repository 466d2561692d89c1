// Text as a terminal shows it: how many cells a string takes, and cutting and padding by cells.
// Colour codes take none, East Asian characters and emoji take two, so `length` is no measure.

const CODES = /\u001b\[[0-9;?]*[A-Za-z]/g;
const TOKENS = /\u001b\[[0-9;?]*[A-Za-z]|[^\u001b]/gu;
const NONE = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])$/u;

/** @param {string} text */
export function strip(text) {
  return text.replace(CODES, '');
}

/** @param {string} character one code point */
function cells(character) {
  if (NONE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** The cells that a text takes. @param {string} text */
export function width(text) {
  const plain = strip(text);
  // Nearly everything drawn is ASCII: skip the look at every character for it.
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let sum = 0;
  for (const character of plain) sum += cells(character);
  return sum;
}

/**
 * Cut to at most `limit` cells, with an ellipsis when something was lost. Colours that were on are ended.
 *
 * @param {string} text
 * @param {number} limit
 */
export function truncate(text, limit) {
  if (width(text) <= limit) return text;
  if (limit <= 0) return '';
  let result = '';
  let used = 0;
  let coloured = false;
  for (const token of text.match(TOKENS) ?? []) {
    if (token.startsWith('\u001b')) {
      coloured = true;
      result += token;
      continue;
    }
    const size = cells(token);
    if (used + size > limit - 1) break;
    result += token;
    used += size;
  }
  return `${result}${coloured ? '\u001b[0m' : ''}…`;
}

/**
 * Exactly `size` cells: filled up with blanks, or cut.
 *
 * @param {string} text
 * @param {number} size
 * @param {'left' | 'right'} [align]
 */
export function fit(text, size, align = 'left') {
  const cut = truncate(text, size);
  const blanks = ' '.repeat(Math.max(0, size - width(cut)));
  return align === 'right' ? blanks + cut : cut + blanks;
}

/**
 * Break at blanks into lines of at most `limit` cells; a word that is longer is cut in pieces. Line
 * breaks in the text are kept.
 *
 * @param {string} text
 * @param {number} limit
 * @returns {string[]}
 */
export function wrap(text, limit) {
  const lines = [];
  for (const paragraph of text.split(/\r?\n/)) {
    let line = '';
    for (let word of paragraph.split(/ +/)) {
      while (width(word) > limit) {
        if (line) lines.push(line);
        line = '';
        const piece = [...word].slice(0, limit).join('');
        lines.push(piece);
        word = word.slice(piece.length);
      }
      if (line && width(line) + 1 + width(word) > limit) {
        lines.push(line);
        line = word;
      } else line = line ? `${line} ${word}` : word;
    }
    lines.push(line);
  }
  return lines;
}
