// The tests that docs/testing.md shows are run as a reader would: they pass.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../package/runners/stage';
import { ROOT } from '../support/child';

/** Blocks of TypeScript, in the order of the page. */
const blocks = [...readFileSync(join(ROOT, 'docs', 'testing.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(
  ([, text]) => text as string,
);

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kafka4-testing-docs-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('jest: with the fakes, with the embedded broker, with the package mocked', async () => {
  const application = blocks.filter((text) => text.includes('/** src/enrolment.ts */'));
  const tests = blocks.filter((text) => text.includes("from '@jest/globals'"));
  expect([application.length, tests.length]).toEqual([1, 3]);
  for (const folder of ['src', 'test']) mkdirSync(join(dir, folder));
  writeFileSync(join(dir, 'package.json'), '{}');
  writeFileSync(join(dir, 'src', 'enrolment.ts'), application[0] as string);
  for (const [i, text] of tests.entries()) writeFileSync(join(dir, 'test', `${i}.test.ts`), text);
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'), 'junction');
  const dist = (path: string) => join(ROOT, 'dist', path);
  const config = {
    rootDir: dir,
    testEnvironment: 'node',
    watchman: false,
    transform: {
      '\\.ts$': [
        '@swc/jest',
        { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' }, swcrc: false },
      ],
    },
    moduleNameMapper: {
      '^kafka4$': dist('index.js'),
      '^kafka4/testing$': dist('testing/index.js'),
      '^@/lib/kafka$': dist('index.js'),
    },
  };
  writeFileSync(join(dir, 'jest.config.json'), JSON.stringify(config));
  const bin = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const result = await run(dir, [bin, '-c', join(dir, 'jest.config.json'), '-i'], /^Ran all test suites/m);
  expect(result.output).toMatch(/^Tests: +5 passed, 5 total/m);
  expect(result).toMatchObject({ code: 0, hung: false });
}, 120_000);
