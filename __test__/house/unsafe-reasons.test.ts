// Whoever writes `unsafe` in Rust says why it is sound.

import { filesUnder, read } from './files';
import { unsafeIn } from './unsafe-code';

const files = ['core', 'src', 'bench'].flatMap((folder) => filesUnder(folder, /\.rs$/));

test('every unsafe block, function and implementation has its reason', () => {
  const all = files.flatMap((file) => unsafeIn(read(file)).map((each) => ({ file, ...each })));
  expect(all.length).toBeGreaterThan(100);
  const silent = all.filter(({ hasReason }) => !hasReason);
  expect(silent.map(({ file, line, kind }) => `${file}:${line} unsafe ${kind}`)).toEqual([]);
});

describe('the reading of the source', () => {
  const kinds = (source: string) => unsafeIn(source).map(({ kind, hasReason }) => [kind, hasReason]);

  test.each([
    ['    // SAFETY: it lives.\n    unsafe { a() };', [['block', true]]],
    ['    // it lives\n    unsafe { a() };', [['block', false]]],
    ['    // SAFETY:\n    unsafe { a() };', [['block', false]]],
    [
      '    // SAFETY: it lives,\n    // and long.\n    #[allow(x)]\n    let b = f(\n        unsafe { a() },\n    );',
      [['block', true]],
    ],
    ['    // SAFETY: it lives.\n    let a = a();\n    unsafe { b(a) };', [['block', false]]],
    ['// SAFETY: one.\n\nunsafe impl Send for A {}', [['impl', false]]],
    ['/// # Safety\n/// `a` must live.\npub unsafe fn f(a: *const u8) {}', [['fn', true]]],
    ['/// Says nothing.\npub unsafe extern "C" fn f(a: *const u8) {}', [['fn', false]]],
    ['type F = unsafe extern "C" fn(*mut u8);', []],
    ['let a = "unsafe { }"; // unsafe { }', []],
  ])('%j', (source, expected) => expect(kinds(source)).toEqual(expected));

  test('a reason holds for the line below, too, and no further', () => {
    const two = '// SAFETY: plain data.\nunsafe impl Send for A {}\nunsafe impl Sync for A {}\n';
    expect(kinds(two)).toEqual([
      ['impl', true],
      ['impl', true],
    ]);
    expect(kinds(`${two}struct B;\nunsafe impl Send for B {}`).at(-1)).toEqual(['impl', false]);
  });

  test('text of several lines moves no line', () => {
    expect(unsafeIn('let a = "one\ntwo";\n// SAFETY: so.\nunsafe { a }')).toEqual([
      { line: 4, kind: 'block', hasReason: true },
    ]);
  });
});
