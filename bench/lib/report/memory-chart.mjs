// Resident memory over time, with the line that was fitted.

import { document } from './svg.mjs';

const [WIDTH, HEIGHT] = [760, 300];
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 12, 34, 34];

export function memoryChart({ samples, minutes, rate, slopeMbAMinute, date }) {
  const last = Math.max(...samples.map(({ second }) => second), 1);
  // From zero: a chart that begins elsewhere makes growth of noise.
  const most = Math.ceil(Math.max(...samples.map(({ rssMb }) => rssMb)) / 50) * 50;
  const x = (second) => LEFT + (second / last) * (WIDTH - LEFT - RIGHT);
  const y = (mb) => HEIGHT - BOTTOM - (mb / most) * (HEIGHT - TOP - BOTTOM);
  const body = [];
  for (let mb = 0; mb <= most; mb += 50) {
    const at = y(mb).toFixed(1);
    body.push(`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" class="grid"/>`);
    body.push(`<text x="${LEFT - 8}" y="${y(mb) + 4}" text-anchor="end">${mb} MB</text>`);
  }
  const every = Math.max(1, Math.round(last / 60 / 10));
  for (let minute = 0; minute * 60 <= last; minute += every) {
    body.push(`<text x="${x(minute * 60).toFixed(1)}" y="${HEIGHT - 12}" text-anchor="middle">${minute} min</text>`);
  }
  const points = samples.map(({ second, rssMb }) => `${x(second).toFixed(1)},${y(rssMb).toFixed(1)}`);
  body.push(`<polyline points="${points.join(' ')}" class="line"/>`);
  const text = `${rate.toLocaleString('en')} messages a second sent and handled for ${minutes} min: ${slopeMbAMinute.toFixed(2)} MB a minute`;
  body.unshift(
    `<text x="0" y="14" class="head">Resident memory<tspan class="note" dx="8">${text}, ${date}</tspan></text>`,
  );
  const title = 'Resident memory of kafka4 at a steady rate';
  return document({ width: WIDTH, height: HEIGHT, title, description: text, body });
}
