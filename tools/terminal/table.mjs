// Tables that fit the width they are given: columns that may be missed are left out first, then the
// one that may be cut is cut.

import { width as cells, fit } from './text.mjs';

/** @typedef {import('./style.mjs').Style} Style */

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {'left' | 'right'} [align]
 * @property {number} [drop]   left out when it gets narrow; the highest number goes first
 * @property {boolean} [cut]   may be cut
 * @property {boolean} [grow]  takes the room that is left over
 */

/**
 * @param {object} options
 * @param {Column[]} options.columns
 * @param {string[][]} options.rows
 * @param {number} options.width
 * @param {Style} options.style
 * @param {number} [options.gap]
 * @returns {string[]} a line of titles, then the rows
 */
export function table({ columns, rows, width, style, gap = 2 }) {
  let shown = columns.map((column, index) => ({
    ...column,
    index,
    size: Math.max(cells(column.title), ...rows.map((row) => cells(row[index] ?? ''))),
  }));
  const total = () => shown.reduce((sum, column) => sum + column.size, gap * (shown.length - 1));

  while (total() > width) {
    const least = shown.filter((column) => column.drop).sort((a, b) => (b.drop ?? 0) - (a.drop ?? 0))[0];
    if (!least) break;
    shown = shown.filter((column) => column !== least);
  }
  const spare = width - total();
  const elastic = shown.find((column) => (spare < 0 ? column.cut : column.grow));
  if (elastic) elastic.size = Math.max(4, elastic.size + spare);

  const line = (texts) =>
    shown
      .map((column) => fit(texts[column.index] ?? '', column.size, column.align))
      .join(' '.repeat(gap))
      .trimEnd();
  const titles = columns.some((column) => column.title) ? [style.dim(line(columns.map((column) => column.title)))] : [];
  return [...titles, ...rows.map(line)];
}
