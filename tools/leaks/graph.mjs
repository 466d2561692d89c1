// Line graphs as SVG, without a library: a few series over one axis, moments marked.

const [WIDTH, HEIGHT] = [960, 420];
const EDGE = { left: 64, right: 24, top: 48, bottom: 56 };
const COLOURS = ['#1f77b4', '#d9480f', '#2b8a3e', '#862e9c'];

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** About five round numbers from 0 (or `from`) to `to`. */
function ticks(from, to) {
  const rough = (to - from) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const all = [];
  for (let at = Math.ceil(from / step) * step; at <= to + step / 1000; at += step) all.push(Number(at.toPrecision(12)));
  return all;
}

/**
 * @param {object} graph
 * @param {string} graph.title
 * @param {string} graph.x  what the axis shows, with its unit
 * @param {string} graph.y
 * @param {{ name: string, points: [number, number][] }[]} graph.series
 * @param {{ at: number, to?: number, label: string }[]} [graph.marks]  on the x axis
 * @returns {string}
 */
export function lineGraph({ title, x, y, series, marks = [] }) {
  const all = series.flatMap(({ points }) => points);
  if (all.length === 0) throw new Error('a graph without points');
  const [left, right] = [Math.min(...all.map(([at]) => at)), Math.max(...all.map(([at]) => at))];
  const top = Math.max(...all.map(([, value]) => value)) * 1.1 || 1;
  const inner = { width: WIDTH - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom };
  const px = (at) => Number((EDGE.left + ((at - left) / (right - left || 1)) * inner.width).toFixed(1));
  const py = (value) => Number((EDGE.top + inner.height - (value / top) * inner.height).toFixed(1));
  const bottom = EDGE.top + inner.height;
  const text = (at, row, words, more = '') => `<text x="${at}" y="${row}" ${more}>${escaped(words)}</text>`;

  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(EDGE.left, 22, title, 'font-size="15" font-weight="bold"'),
    text(EDGE.left + inner.width / 2, HEIGHT - 8, x, 'text-anchor="middle"'),
    text(8, EDGE.top - 10, y),
  ];
  for (const at of ticks(0, top)) {
    parts.push(`<path d="M${EDGE.left} ${py(at)}H${EDGE.left + inner.width}" stroke="#ddd"/>`);
    parts.push(text(EDGE.left - 6, py(at) + 4, String(at), 'text-anchor="end"'));
  }
  for (const at of ticks(left, right)) parts.push(text(px(at), bottom + 18, String(at), 'text-anchor="middle"'));
  for (const { at, to = at, label } of marks) {
    const width = Math.max(px(to) - px(at), 2);
    parts.push(
      `<rect x="${px(at)}" y="${EDGE.top}" width="${width}" height="${inner.height}" fill="#e03131" opacity=".2"/>`,
    );
    parts.push(text(px(at), bottom + 34, label, 'text-anchor="middle" fill="#c92a2a" font-size="10"'));
  }
  for (const [n, { name, points }] of series.entries()) {
    const colour = COLOURS[n % COLOURS.length];
    const line = points.map(([at, value]) => `${px(at)},${py(value)}`).join(' ');
    parts.push(`<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.5"/>`);
    parts.push(text(EDGE.left + inner.width - n * 130, EDGE.top - 10, name, `text-anchor="end" fill="${colour}"`));
  }
  parts.push('</svg>');
  return `${parts.join('\n')}\n`;
}
