// The screen without a window, and its picture.

import { beforeAll, describe, expect, it } from '@jest/globals';

let Screen: any;
let terminalSvg: any;
beforeAll(async () => {
  // Not literals: the tools are plain JavaScript, for which the compiler has no types.
  const load = (name: string) => import(`../../tools/docs/${name}.mjs`);
  ({ Screen } = await load('screen'));
  ({ terminalSvg } = await load('terminal-svg'));
});

function screen(text: string, columns = 20, rows = 5) {
  const made = new Screen(columns, rows);
  made.write(text);
  return made;
}

describe('screen', () => {
  it.each([
    ['a\r\nb', 'a\nb'],
    ['abc\rX', 'Xbc'],
    ['one\ntwo\n\u001b[1A\u001b[2K\rTWO\n', 'one\nTWO'],
    ['one\ntwo\nthree\r\u001b[2A\u001b[J', ''],
    ['abcdef\u001b[3A\u001b[K!', 'abcdef!'],
    ['宿題x', '宿題x'],
    ['e\u0301x', 'e\u0301x'],
  ])('shows %j as %j', (written, seen) => expect(screen(written).text).toBe(seen));

  it('breaks what is wider than it, wide characters whole', () => {
    expect(screen('abcdefg', 3).text).toBe('abc\ndef\ng');
    expect(screen('ab宿', 3).text).toBe('ab\n宿');
  });

  it('never lets anybody reach what has scrolled away', () => {
    const small = screen('1\r\n2\r\n3\r\n4', 10, 3);
    expect(small.scrolled).toBe(1);
    small.write('\r\u001b[9AX');
    expect(small.text).toBe('1\nX\n3\n4');
  });

  it('keeps colours, and whether the cursor is shown', () => {
    const painted = screen('\u001b[?25l\u001b[1m\u001b[32mok\u001b[0m no');
    expect(painted.cursorShown).toBe(false);
    expect(painted.lines[0].map(({ look }: any) => look)).toEqual([
      { bold: true, colour: 2 },
      { bold: true, colour: 2 },
      {},
      {},
      {},
    ]);
  });
});

describe('picture', () => {
  const draw = (text: string) => {
    const { lines } = screen(text, 40);
    return terminalSvg({ lines, columns: 40, title: 'a <title> & more', description: 'what it is' }) as string;
  };

  it('has a title, a description and all of the text, escaped', () => {
    const svg = draw('if a < b && "c"');
    expect(svg).toContain('<title id="title">a &#60;title&#62; &#38; more</title>');
    expect(svg).toContain('<desc id="description">what it is</desc>');
    expect(svg).toContain('>if a &#60; b &#38;&#38; &#34;c&#34;</text>');
  });

  it('puts each run of one look where its cells are, as long as they are', () => {
    const svg = draw('\u001b[32mok\u001b[0m  plain text\r\n宿題!');
    const texts = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>([^<]*)</g)];
    expect(texts.map(([, x, y, length, text]) => [x, y, length, text])).toEqual([
      ['16', '48', '16.8', 'ok'],
      ['49.6', '48', '84', 'plain text'],
      ['16', '65', '42', '宿題!'],
    ]);
  });

  it('depends on nothing but itself', () => expect(draw('x')).not.toMatch(/href|<script|<image|@import|url\(/));
});
