// Boxes with a title in the upper border, one below the other or side by side, and small charts.

import { width as cells, fit, strip, truncate, wrap } from './text.mjs';

/** @typedef {import('./style.mjs').Style} Style */

/**
 * @param {object} options
 * @param {string} [options.title]
 * @param {string} [options.note]   at the right end of the upper border
 * @param {string[]} options.lines
 * @param {number} options.width    with the borders
 * @param {number} [options.height] lines inside, filled up with empty ones
 * @param {Style} options.style
 * @returns {string[]}
 */
export function box({ title = '', note = '', lines, width, height = 0, style }) {
  const { glyphs, dim, bold } = style;
  const inner = width - 4;
  const rows = [...lines];
  while (rows.length < height) rows.push('');
  // The title is worth more than the note: the note is what gives way.
  const head = title ? ` ${bold(truncate(title, inner - 2))} ` : '';
  const room = width - 4 - cells(head);
  const tail = note && room > 6 ? ` ${dim(truncate(note, room - 3))} ` : '';
  const filler = glyphs.line.repeat(Math.max(0, width - 4 - cells(head) - cells(tail)));
  return [
    dim(glyphs.topLeft + glyphs.line) + head + dim(filler) + tail + dim(glyphs.line + glyphs.topRight),
    ...rows.map((line) => `${dim(glyphs.side)} ${fit(line, inner)} ${dim(glyphs.side)}`),
    dim(glyphs.bottomLeft + glyphs.line.repeat(width - 2) + glyphs.bottomRight),
  ];
}

/**
 * Two boxes in one row where the width allows it, else one below the other. Their lines are made for the
 * width that they get.
 *
 * @param {{ title: string, lines: (width: number) => string[] }} left
 * @param {{ title: string, lines: (width: number) => string[] }} right
 * @param {{ width: number, style: Style, from?: number }} options  `from`: the least width for one row
 * @returns {string[]}
 */
export function beside(left, right, { width, style, from = 96 }) {
  if (width < from)
    return [left, right].flatMap(({ title, lines }) => box({ title, lines: lines(width - 4), width, style }));
  const first = Math.floor((width - 1) / 2);
  const second = width - 1 - first;
  const [one, two] = [left.lines(first - 4), right.lines(second - 4)];
  const height = Math.max(one.length, two.length);
  const beginnings = box({ title: left.title, lines: one, width: first, height, style });
  const ends = box({ title: right.title, lines: two, width: second, height, style });
  return beginnings.map((line, index) => `${line} ${ends[index]}`);
}

/**
 * A name, blanks, and a value at the right end; where it is too narrow for that, the value below the name.
 *
 * @param {[string, string][]} pairs
 * @param {{ width: number, style: Style }} options
 */
export function pairs(pairs, { width, style }) {
  return pairs.flatMap(([name, value]) => {
    const room = width - cells(name) - 1;
    if (cells(value) <= room) return [`${style.dim(name)} ${fit(value, room, 'right')}`];
    // Both do not fit into one line, and neither is worth less than the other.
    const rest = strip(value) === value ? wrap(value, width) : [truncate(value, width)];
    return [style.dim(truncate(name, width)), ...rest.map((line) => fit(line, width, 'right'))];
  });
}

/**
 * @param {number} part   0 to 1
 * @param {number} size   cells
 * @param {Style} style
 */
export function bar(part, size, style) {
  const full = Math.round(Math.max(0, Math.min(1, Number.isFinite(part) ? part : 0)) * size);
  return style.cyan(style.glyphs.full.repeat(full)) + style.dim(style.glyphs.empty.repeat(size - full));
}

/**
 * The last values as a line of small bars, the highest one at full height.
 *
 * @param {number[]} values
 * @param {number} size
 * @param {Style} style
 */
export function spark(values, size, style) {
  const last = values.slice(-size);
  const top = Math.max(...last, 0);
  const { sparks } = style.glyphs;
  const drawn = last.map(
    (value) => sparks[top > 0 ? Math.min(sparks.length - 1, Math.floor((value / top) * sparks.length)) : 0],
  );
  return style.green(drawn.join('')) + ' '.repeat(Math.max(0, size - last.length));
}
