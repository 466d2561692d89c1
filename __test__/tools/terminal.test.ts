// The drawing of the tools: text by cells, numbers, tables, boxes, and the area that is drawn in place.

import { beforeAll, describe, expect, it } from '@jest/globals';

let text: any;
let format: any;
let style: any;
let box: any;
let table: any;
let live: any;
let options: any;
// Not a literal: the tools are plain JavaScript, for which the compiler has no types.
const load = (name: string) => import(`../../tools/terminal/${name}.mjs`);
beforeAll(async () => {
  text = await load('text');
  format = await load('format');
  style = await load('style');
  box = await load('box');
  table = await load('table');
  live = await load('live');
  options = await load('options');
});

describe('text', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['\u001b[31mred\u001b[0m', 3],
    ['宿題', 4],
    ['📚', 2],
    ['e\u0301', 1],
    ['✔ █░╭', 5],
  ])('%j takes %i cells', (value, cells) => expect(text.width(value)).toBe(cells));

  it('cuts by cells and ends the colours that it cut', () => {
    expect(text.truncate('abcdef', 6)).toBe('abcdef');
    expect(text.truncate('abcdef', 4)).toBe('abc…');
    expect(text.truncate('宿題は', 4)).toBe('宿…');
    expect(text.truncate('\u001b[31mabcdef\u001b[0m', 3)).toBe('\u001b[31mab\u001b[0m…');
    expect(text.truncate('abc', 0)).toBe('');
  });

  it('fills up to exactly the size, on either side', () => {
    expect(text.fit('ab', 4)).toBe('ab  ');
    expect(text.fit('ab', 4, 'right')).toBe('  ab');
    expect(text.width(text.fit('宿題は', 4))).toBe(4);
  });

  it('breaks at blanks, cuts words that are too long, keeps line breaks', () => {
    expect(text.wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(text.wrap('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij']);
    expect(text.wrap('a\nb', 9)).toEqual(['a', 'b']);
  });
});

describe('numbers', () => {
  it.each([
    ['count', 1234567, '1,234,567'],
    ['count', 999, '999'],
    ['count', Number.NaN, '-'],
    ['short', 0, '0'],
    ['short', 7.26, '7.3'],
    ['short', 999.4, '999'],
    ['short', 999.6, '1.00 k'],
    ['short', 12_345, '12.3 k'],
    ['short', 3_456_789, '3.46 M'],
    ['rate', 1500, '1.50 k/s'],
    ['duration', 0.0834, '83 µs'],
    ['duration', 0.9999, '1.00 ms'],
    ['duration', 9.996, '10.0 ms'],
    ['duration', 99.96, '100 ms'],
    ['duration', 999.6, '1.0 s'],
    ['duration', 59_960, '1 m 00 s'],
    ['duration', 125_000, '2 m 05 s'],
    ['bytes', 512, '512 B'],
    ['bytes', 1536, '1.5 KiB'],
    ['days', 86_400_000, '1 day'],
    ['days', 604_800_000, '7 days'],
    ['days', -1, 'for ever'],
  ])('%s(%d) is %s', (name, value, expected) => expect(format[name](value)).toBe(expected));
});

describe('style', () => {
  it('colours terminals only, and respects NO_COLOR and TERM=dumb', () => {
    expect(style.usesColour({ isTTY: true }, {})).toBe(true);
    expect(style.usesColour({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(style.usesColour({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
    expect(style.usesColour({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(style.usesColour({ isTTY: false }, {})).toBe(false);
    expect(style.createStyle({ colour: false }).red('x')).toBe('x');
  });

  it.each([
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: 'true', NO_COLOR: '1', TERM: 'dumb' }, false, true],
    [{ FORCE_COLOR: '' }, true, true],
  ])('%j decides alone', (env, isTTY, expected) => expect(style.usesColour({ isTTY }, env)).toBe(expected));

  it.each([
    [{}, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ CI: 'true' }, true, false],
    [{ CI: 'false' }, true, true],
    [{}, false, false],
  ])('draws in place with %j (terminal: %p): %p', (env, isTTY, expected) =>
    expect(style.isInteractive({ isTTY }, env)).toBe(expected),
  );

  it.each([
    [{}, 'linux', false],
    [{ TERM: 'linux' }, 'linux', true],
    [{ LANG: 'C' }, 'linux', true],
    [{ LANG: 'C.UTF-8' }, 'linux', false],
    [{ LANG: 'de_DE.utf8', LC_ALL: 'POSIX' }, 'linux', true],
    [{ LC_ALL: 'C' }, 'win32', true],
    [{ WT_SESSION: '1', LC_ALL: 'C' }, 'win32', false],
  ])('with %j on %s keeps to ASCII: %p', (env, platform, expected) =>
    expect(style.usesAscii(env, platform)).toBe(expected),
  );

  it('breaks sentences at the edge of a window, never in a log', () => {
    expect(style.proseWidth({ isTTY: true, columns: 72 })).toBe(72);
    expect(text.wrap('a '.repeat(500).trim(), style.proseWidth({ isTTY: false }))).toHaveLength(1);
  });

  it('begins an outer colour again after an inner one', () => {
    const { bold, red } = style.createStyle({ colour: true });
    expect(bold(`a${red('b')}c`)).toBe('\u001b[1ma\u001b[31mb\u001b[0m\u001b[1mc\u001b[0m');
  });

  it.each([
    [20, 40],
    [40, 40],
    [80, 80],
    [200, 120],
    [undefined, 100],
  ])('draws for %p columns in %i', (columns, expected) => expect(style.drawingWidth({ columns })).toBe(expected));
});

describe('boxes and tables', () => {
  it.each([
    [60, true],
    [80, false],
    [120, true],
  ])('every line of a box is exactly %i cells wide', (width, colour) => {
    const drawn = box.box({
      title: 'A title that is rather long for a box, so that it has to be cut somewhere before its end',
      note: 'note',
      lines: ['short', '宿題 '.repeat(40), ''],
      width,
      style: style.createStyle({ colour }),
    });
    expect(drawn).toHaveLength(5);
    for (const line of drawn) expect(text.width(line)).toBe(width);
  });

  it('puts two boxes in one row when there is room, else one below the other', () => {
    const plain = style.createStyle();
    const left = { title: 'L', lines: (width: number) => [`l${width}`] };
    const right = { title: 'R', lines: (width: number) => [`r${width}`, 'r'] };
    const wide = box.beside(left, right, { width: 100, style: plain });
    expect(wide).toHaveLength(4);
    for (const line of wide) expect(text.width(line)).toBe(100);
    expect(wide[1]).toContain('l45');
    expect(wide[1]).toContain('r46');
    expect(box.beside(left, right, { width: 80, style: plain })).toHaveLength(7);
  });

  it('puts a value below its name where both do not fit', () => {
    const plain = style.createStyle();
    const list = [['name', 'value'] as const, ['a longer name', 'a longer value'] as const];
    expect(box.pairs(list, { width: 20, style: plain })).toEqual([
      'name           value',
      'a longer name',
      '      a longer value',
    ]);
    for (const line of box.pairs(list, { width: 8, style: plain })) expect(text.width(line)).toBeLessThanOrEqual(8);
  });

  it('draws bars and sparklines of a fixed size', () => {
    const plain = style.createStyle();
    expect(box.bar(0.5, 4, plain)).toBe('██░░');
    expect(box.bar(7, 4, plain)).toBe('████');
    expect(box.bar(Number.NaN, 4, plain)).toBe('░░░░');
    expect(box.spark([0, 4, 8], 5, plain)).toBe('▁▅█  ');
    expect(box.spark([0, 0], 2, plain)).toBe('▁▁');
  });

  it('leaves out columns that may be missed, then cuts', () => {
    const options = {
      columns: [
        { title: 'name', cut: true },
        { title: 'extra', drop: 1 },
        { title: 'n', align: 'right' },
      ],
      rows: [
        ['user-events', 'something', '1'],
        ['x', 'y', '1,000'],
      ],
      style: style.createStyle(),
    };
    expect(table.table({ ...options, width: 60 })).toEqual([
      'name         extra          n',
      'user-events  something      1',
      'x            y          1,000',
    ]);
    expect(table.table({ ...options, width: 20 })[1]).toBe('user-events      1');
    expect(table.table({ ...options, width: 15 })[1]).toBe('user-ev…      1');
  });
});

describe('options', () => {
  const command = {
    name: 'npm run thing',
    summary: 'Does the thing.',
    options: { '--json': 'for programs', '--all': 'everything' },
    variables: { THING: 'which one' },
    exits: { 0: 'done' },
  };

  it('knows its own, and -h as --help', () => {
    expect([...options.parseOptions(['--json'], command).chosen]).toEqual(['--json']);
    expect(options.parseOptions(['-h'], command)).toMatchObject({ help: true });
    expect(options.parseOptions([], command)).toEqual({ chosen: new Set(), help: false });
  });

  it.each([
    [['--jason'], 'npm run thing: unknown option --jason; did you mean --json?'],
    [['--verbose', 'x'], 'npm run thing: unknown option --verbose x'],
    [['thing', '--help'], 'npm run thing: unknown argument thing'],
  ])('refuses %j', (argv, error) => expect(options.parseOptions(argv, command).error).toBe(error));

  it.each([30, 40, 80, 120])('fits its help into %i columns', (width) => {
    const lines = options.helpLines(command, width);
    for (const line of lines) expect(text.width(line)).toBeLessThanOrEqual(width);
    expect(lines.join(' ').replace(/\s+/g, ' ')).toContain('--json for programs');
  });
});

/** Enough of a terminal to see where text ends up: cursor up, carriage return, clear line, clear below. */
class Screen {
  isTTY = true;
  rows: number;
  columns: number;
  lines: string[] = [''];
  row = 0;
  column = 0;
  hidden = false;

  constructor(columns = 40, rows = 10) {
    this.columns = columns;
    this.rows = rows;
  }

  write = (chunk: string) => {
    for (const [token, up] of chunk.matchAll(/\u001b\[(\d+)A|\u001b\[[?\d]*[a-zA-Z]|[^\u001b]/gu)) {
      if (up) this.row = Math.max(0, this.row - Number(up));
      else if (token === '\u001b[2K') this.lines[this.row] = '';
      else if (token === '\u001b[J') this.lines.splice(this.row, this.lines.length, '');
      else if (token === '\u001b[?25l') this.hidden = true;
      else if (token === '\u001b[?25h') this.hidden = false;
      else if (token === '\r') this.column = 0;
      else if (token === '\n') {
        this.row += 1;
        this.column = 0;
        if (this.lines.length <= this.row) this.lines.push('');
      } else if (!token.startsWith('\u001b')) {
        const line = this.lines[this.row] ?? '';
        this.lines[this.row] = line.slice(0, this.column).padEnd(this.column) + token + line.slice(this.column + 1);
        this.column += 1;
      }
    }
    return true;
  };

  get text() {
    return this.lines.join('\n').trimEnd();
  }
}

describe('live area', () => {
  // In a CI service nothing is drawn, and these tests run in one, too.
  const { CI } = process.env;
  beforeAll(() => {
    delete process.env.CI;
  });
  afterAll(() => {
    if (CI !== undefined) process.env.CI = CI;
  });

  it('draws in place, puts other text above, and leaves nothing behind', () => {
    const screen = new Screen();
    const area = new live.LiveArea(screen);
    area.print('first');
    area.draw(['a', 'b', 'c']);
    expect(screen.hidden).toBe(true);
    area.draw(['a2', 'b2']);
    expect(screen.text).toBe('first\na2\nb2');
    area.print('second\n');
    expect(screen.text).toBe('first\nsecond\na2\nb2');
    area.draw(['a3']);
    area.close();
    expect(screen.text).toBe('first\nsecond');
    expect(screen.hidden).toBe(false);
    area.draw(['again']);
    expect(screen.text).toBe('first\nsecond\nagain');
    area.close();
    area.close();
  });

  it('never draws more rows or columns than there are', () => {
    const screen = new Screen(10, 4);
    const area = new live.LiveArea(screen);
    area.draw(Array.from({ length: 20 }, (_, index) => `line ${index} that is long`));
    expect(screen.text.split('\n')).toEqual(['line 0 th…', 'line 1 th…', 'line 2 th…']);
    area.close();
    expect(screen.text).toBe('');
  });

  it('puts what others write to a guarded stream above itself, and gives the stream back', () => {
    const screen = new Screen();
    const other = { isTTY: true, write: (_: string) => false };
    const { write } = other;
    const area = new live.LiveArea(screen, { guard: [other] });
    area.draw(['drawing']);
    other.write('a warning\n');
    expect(screen.text).toBe('a warning\ndrawing');
    area.close();
    expect(other.write).toBe(write);
  });

  it('draws nothing where there is no terminal', () => {
    const written: string[] = [];
    const area = new live.LiveArea({ isTTY: false, write: (chunk: string) => written.push(chunk) });
    area.draw(['drawing']);
    area.print('text');
    area.close();
    expect(written).toEqual(['text\n']);
  });
});
