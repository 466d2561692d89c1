// Which import leads to lib/kafka: aliases of tsconfig and jsconfig, inherited ones, and none.

import { importPath } from '@/lib/cli/alias';
import { parseJson } from '@/lib/cli/json-comments';
import { thrown } from '../support/until';
import { type Files, makeApp } from './apps';

const config = (paths: object, more: object = {}) => JSON.stringify({ compilerOptions: { paths, ...more } });

test.each<[string, Files, string]>([
  ['@/* to the root', { 'tsconfig.json': config({ '@/*': ['./*'] }) }, '@/lib/kafka'],
  ['@/* without ./', { 'tsconfig.json': config({ '@/*': ['*'] }, { baseUrl: '.' }) }, '@/lib/kafka'],
  ['jsconfig', { 'jsconfig.json': config({ '~/*': ['./*'] }) }, '~/lib/kafka'],
  [
    'tsconfig before jsconfig',
    { 'tsconfig.json': config({ 'a/*': ['./*'] }), 'jsconfig.json': config({ 'b/*': ['./*'] }) },
    'a/lib/kafka',
  ],
  ['the shortest of several', { 'tsconfig.json': config({ '@app/root/*': ['./*'], '@/*': ['./*'] }) }, '@/lib/kafka'],
  ['an alias of lib', { 'tsconfig.json': config({ '@lib/*': ['./lib/*'] }) }, '@lib/kafka'],
  ['baseUrl', { 'tsconfig.json': config({ '@/*': ['./kafka/*'] }, { baseUrl: './lib' }) }, './lib/kafka'],
  ['a pattern for everything', { 'tsconfig.json': config({ '*': ['./*'] }) }, './lib/kafka'],
  ['a folder above', { 'tsconfig.json': config({ '@/*': ['../*'] }) }, './lib/kafka'],
  ['half a name', { 'tsconfig.json': config({ '@/*': ['./li*'] }) }, './lib/kafka'],
  ['a folder that only begins like it', { 'tsconfig.json': config({ '@/*': ['./li/*'] }) }, './lib/kafka'],
  ['no star', { 'tsconfig.json': config({ '@/kafka': ['./lib/kafka'] }) }, './lib/kafka'],
  ['the second target', { 'tsconfig.json': config({ '@/*': ['./generated/*', './*'] }) }, './lib/kafka'],
  ['junk', { 'tsconfig.json': config({ '@/*': './*', 'b/*': [1], 'c/*': [] }) }, './lib/kafka'],
  ['paths that are no object', { 'tsconfig.json': '{ "compilerOptions": { "paths": [] } }' }, './lib/kafka'],
  ['no file', {}, './lib/kafka'],
  ['inherited', { 'tsconfig.json': '{ "extends": "./base" }', 'base.json': config({ '@/*': ['./*'] }) }, '@/lib/kafka'],
  [
    'inherited from a folder',
    { 'tsconfig.json': '{ "extends": "./config/base.json" }', 'config/base.json': config({ '@/*': ['../*'] }) },
    '@/lib/kafka',
  ],
  [
    'inherited from the last of several',
    {
      'tsconfig.json': '{ "extends": ["./a.json", "./b.json"] }',
      'a.json': config({ 'a/*': ['./*'] }),
      'b.json': config({ 'b/*': ['./*'] }),
    },
    'b/lib/kafka',
  ],
  [
    'inherited from a package',
    {
      'tsconfig.json': '{ "extends": "shared/tsconfig.json" }',
      'node_modules/shared/tsconfig.json': config({ '@/*': ['../../*'] }),
    },
    '@/lib/kafka',
  ],
  ['inherited from nowhere', { 'tsconfig.json': '{ "extends": "gone/tsconfig.json" }' }, './lib/kafka'],
  ['inherited in a circle', { 'tsconfig.json': '{ "extends": "./tsconfig.json" }' }, './lib/kafka'],
])('%s', (_name, files, expected) => {
  expect(importPath(makeApp(files), 'lib/kafka', '')).toBe(expected);
});

test('a relative path is relative to the file that imports', () => {
  expect(importPath(makeApp({}), 'src/lib/kafka', 'src')).toBe('./lib/kafka');
  expect(importPath(makeApp({}), 'lib/kafka', 'app/api/events')).toBe('../../../lib/kafka');
});

test.each([
  ['{ "a": 1, }', { a: 1 }],
  ['\ufeff[1, 2,\n]', [1, 2]],
  ['// x\n{ /* , */ "a": "// no, /* no */", }', { a: '// no, /* no */' }],
  ['{ "a": ",}", "b\\"": [1 /* last */, /* none */ ] }', { a: ',}', 'b"': [1] }],
  ['{ "a": { "b": [ {}, ], }, // end\n }', { a: { b: [{}] } }],
])('%j is read', (text, expected) => {
  expect(parseJson(text)).toEqual(expected);
});

test.each(['', '{', '{ a: 1 }', '[1,,]', '{ "a": 1 /* }'])('%j is no JSON', (text) => {
  expect(thrown(() => parseJson(text))).toBeInstanceOf(Error);
});
