// Who is asked whether an edited configuration can be parsed, and what the answer means.

import { checkSyntax } from '@/lib/cli/syntax';
import { init, makeApp, nextApp } from './apps';

/** A TypeScript that finds an error in what has the text `broken`. */
const TYPESCRIPT = {
  'node_modules/typescript/package.json': '{ "main": "index.js" }',
  'node_modules/typescript/index.js':
    "exports.transpileModule = (text) => ({ diagnostics: text.includes('broken') ? [{}] : [] });\n",
};

test.each([
  ['next.config.js', 'module.exports = { a: 1 };', 'right'],
  ['next.config.js', 'export default { a: 1 };', 'right'],
  ['next.config.mjs', "import a from 'a';\nexport default await a();", 'right'],
  ['next.config.js', 'module.exports = { a b };', 'wrong'],
  ['next.config.mjs', 'export default { a: };', 'wrong'],
])('%s, %j: %s', (name, text, expected) => {
  expect(checkSyntax(makeApp({}), name, text)).toBe(expected);
});

test.each([
  ['export default { a: 1 } satisfies object;', 'right'],
  ['export default { a: broken };', 'wrong'],
])("the app's own TypeScript is asked: %j is %s", (text, expected) => {
  expect(checkSyntax(makeApp(TYPESCRIPT), 'next.config.ts', text)).toBe(expected);
});

test('a compiler without an interface, or none, is no verdict of an error', () => {
  const files = { ...TYPESCRIPT, 'node_modules/typescript/index.js': 'exports.version = "7";\n' };
  for (const root of [makeApp(files), makeApp({})]) {
    expect(checkSyntax(root, 'next.config.ts', 'export default { a: 1 } satisfies object;')).not.toBe('wrong');
  }
});

test('init leaves a TypeScript configuration alone when the compiler finds an error', () => {
  const own = 'export default { broken: 1 };\n';
  const result = init(makeApp(nextApp({ ...TYPESCRIPT, 'next.config.ts': own })));
  expect(result.files.at(-1)).toMatchObject({
    status: 'by-hand',
    note: expect.stringContaining('could not be parsed'),
  });
});
