// Whether tools/leaks and tools/soak see what they look for.

import { leaks, soak } from '../support/trust-tools';

const { held, judge, lineGraph, slope } = leaks;
const { Numbers } = soak;

interface Growth {
  rssKib?: number;
  threads?: number;
  descriptors?: number;
}

/** What 100 cycles tell whose process grows by so much with each of them. */
function samples({ rssKib = 0, threads = 0, descriptors = 0 }: Growth) {
  const at = (cycle: number) => ({
    cycle,
    // Memory rises and falls by itself, too.
    rssKib: 60_000 + cycle * rssKib + (cycle % 7) * 40,
    threads: 16 + Math.floor(cycle * threads),
    descriptors: 26 + Math.floor(cycle * descriptors),
  });
  const between = Array.from({ length: 100 }, (_, n) => at(n + 1));
  return [{ ...at(0), settled: true }, ...between, { ...at(100), settled: true }];
}

test.each<[string, Growth, RegExp[]]>([
  ['nothing grows', {}, []],
  ['a little memory', { rssKib: 5 }, []],
  ['memory', { rssKib: 20 }, [/^RSS grows by (19|20|21)\.\d+ KiB a cycle, more than 10$/]],
  ['one thread in all', { threads: 0.01 }, [/^17 threads, at the start there were 16/]],
  ['a descriptor each tenth cycle', { descriptors: 0.1 }, [/^36 descriptors, at the start there were 26/]],
])('%s', (_, growth, expected) => {
  const { problems } = judge(samples(growth));
  expect(problems).toEqual(expected.map((each) => expect.stringMatching(each)));
});

test('the slope is that of least squares', () => {
  expect(
    slope([
      [0, 1],
      [1, 3],
      [2, 5],
    ]),
  ).toBeCloseTo(2);
  expect(
    slope([
      [0, 0],
      [1, 1],
      [2, 0],
      [3, 1],
    ]),
  ).toBeCloseTo(0.2);
  expect(() => slope([[1, 1]])).toThrow();
});

test('what a process holds is what it holds', () => {
  const before = held();
  expect(before.rssKib).toBeGreaterThan(10_000);
  expect(before.threads).toBeGreaterThan(1);
  const { openSync, closeSync } = require('node:fs');
  const opened = openSync(__filename, 'r');
  expect(held().descriptors).toBe(before.descriptors + 1);
  closeSync(opened);
  expect(held().descriptors).toBe(before.descriptors);
});

test('numbers that were acknowledged and not handled are lost', () => {
  const [acked, handled] = [new Numbers(100), new Numbers(100)];
  for (let n = 0; n < 50; n += 1) acked.note(n);
  for (let n = 0; n < 60; n += 1) if (n !== 7 && n !== 9) expect(handled.note(n)).toBe(0);
  expect(handled.note(3)).toBe(1);
  expect(acked.without(handled)).toEqual({ count: 2, first: [7, 9] });
  expect(handled.count((times: number) => times > 1)).toBe(1);
  expect(() => acked.note(100)).toThrow(/past the end/);
});

test('a graph shows every point, and text as text', () => {
  const svg = lineGraph({
    title: 'a < b & "c"',
    x: 'minutes',
    y: 'MiB',
    series: [
      {
        name: 'producer',
        points: [
          [0, 10],
          [1, 20],
          [2, 15],
        ],
      },
    ],
    marks: [{ at: 1, to: 1.5, label: 'kill -9' }],
  });
  expect(svg).toContain('a &#60; b &#38; &#34;c&#34;');
  expect(svg).toContain('kill -9');
  expect(/<polyline points="([^"]+)"/.exec(svg)?.[1]?.split(' ')).toHaveLength(3);
});
