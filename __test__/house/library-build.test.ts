// What is written beside tsc's output.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { exportNames, moduleText, withPlainExports } = require('../../tools/build/esm-entry.mjs');
const { sweepDist } = require('../../tools/build/sweep.mjs');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kafka4-build-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('the ESM entry names what the CommonJS one exports', () => {
  const entry = join(dir, 'index.js');
  writeFileSync(
    entry,
    'Object.defineProperty(exports, "__esModule", { value: true }); exports.b = 1; exports.a = () => {};',
  );
  const names = exportNames(entry);
  expect(names).toEqual(['a', 'b']);
  const text = moduleText(names);
  expect(text).toMatch(/^\/\/ Generated /);
  expect(text).toContain("import cjs from './index.js';");
  expect(text).toContain('export const {\n  a,\n  b,\n} = cjs;');
});

test('the CommonJS entry is its own default, its exports can be replaced, and `import` finds its names', () => {
  const entry = join(dir, 'plain.js');
  const written = `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
const m = { a: 1 };
Object.defineProperty(exports, "a", { enumerable: true, get: function () { return m.a; } });
`;
  const plain: string = withPlainExports(written, ['a']);
  writeFileSync(entry, plain);
  expect(withPlainExports(plain, ['a'])).toBe(plain);
  const made = require(entry);
  expect([made.__esModule, made.default === made, Object.keys(made)]).toEqual([true, true, ['a']]);
  made.a = 2;
  expect(require(entry).a).toBe(2);
  const program = `import * as all from ${JSON.stringify(entry)}; console.log(Object.keys(all).join());`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(stdout.trim().split(',')).toContain('a');
});

test('an entry without exports is an error, not an empty package', () => {
  const entry = join(dir, 'index.js');
  writeFileSync(entry, '');
  expect(() => exportNames(entry)).toThrow(/exports nothing/);
});

test('output of sources that are gone is removed', () => {
  const [lib, dist] = [join(dir, 'lib'), join(dir, 'dist')];
  mkdirSync(join(lib, 'kafka'), { recursive: true });
  mkdirSync(join(dist, 'kafka'), { recursive: true });
  mkdirSync(join(dist, 'old'));
  writeFileSync(join(lib, 'kafka', 'here.ts'), '');
  for (const name of [
    'kafka/here.js',
    'kafka/here.d.ts',
    'kafka/gone.js',
    'kafka/gone.d.ts',
    'old/gone.js',
    'index.mjs',
  ]) {
    writeFileSync(join(dist, name), '');
  }
  expect(sweepDist(lib, dist).sort()).toEqual(['kafka/gone.d.ts', 'kafka/gone.js', 'old/gone.js']);
  expect(existsSync(join(dist, 'kafka', 'here.js'))).toBe(true);
  expect(existsSync(join(dist, 'old'))).toBe(false);
});
