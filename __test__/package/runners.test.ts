// Tests of users with the packed kafka4, under jest 29 and 30 (CommonJS and ESM), vitest (processes and threads) and in plain
// worker threads: they pass, and the process ends by itself, whatever they leave open.

import { join } from 'node:path';
import { testFiles } from './runners/cases';
import { INSTALL_MS, type Run, run, Stage, write } from './runners/stage';
import { WORKERS } from './runners/workers';

/** The newest of each that runs on Node 20. */
const JEST: Record<string, string> = { 29: '29.7.0', 30: '30.5.2' };
const VITEST = '4.1.12';

/** ms: it takes well below 2 s; a busy machine may need more. */
const EXIT_MS = 10_000;

/** All cells, with their times on standard output. Otherwise those that differ most: each run takes seconds. */
const ALL = process.env.KAFKA4_RUNNERS === 'all';

/** Cases whose own code waits for no timer. */
const UNTIMED = ['embedded', 'fakes', 'mocked', 'open-producer', 'open-sends'];

const env = { KAFKA_BROKER: 'embedded' };
jest.setTimeout(INSTALL_MS);

const stage = new Stage();
beforeAll(() => stage.pack(), INSTALL_MS);
afterAll(() => stage.remove());

function expectGood(result: Run, passed: RegExp): void {
  if (ALL) process.stdout.write(`${expect.getState().currentTestName}: ended ${result.exitMs} ms after its tests\n`);
  // The whole output: nobody can look at it later.
  if (result.code !== 0 || !passed.test(result.output))
    throw new Error(`${result.output}\n${JSON.stringify({ ...result, output: '' })}`);
  expect(result).toMatchObject({ code: 0, signal: null, hung: false });
  expect(result.output).not.toMatch(/did not exit|failed to exit|open handle|torn down|close timed out|Unhandled/i);
  expect(result.exitMs).toBeLessThan(EXIT_MS);
}

describe.each(Object.keys(JEST))('jest %s', (major) => {
  const commonjs = testFiles('commonjs');
  const modules = testFiles('module');
  const inJsdom = ALL || major === '30';
  let dir: string;

  beforeAll(() => {
    const version = JEST[major];
    dir = stage.project(`jest${major}`, [`jest@${version}`, ...(inJsdom ? [`jest-environment-jsdom@${version}`] : [])]);
    const config = (rest: object) =>
      `module.exports = ${JSON.stringify({ testEnvironment: 'node', watchman: false, ...rest })};\n`;
    write(dir, {
      ...commonjs,
      ...modules,
      'cjs.config.cjs': config({ testMatch: ['**/*.test.js'] }),
      'timers.config.cjs': config({
        testMatch: UNTIMED.map((name) => `**/${name}.test.js`),
        fakeTimers: { enableGlobally: true },
      }),
      // As docs/testing.md says it.
      'jsdom.config.cjs': config({
        testMatch: UNTIMED.map((name) => `**/${name}.test.js`),
        testEnvironment: 'jsdom',
        testEnvironmentOptions: { customExportConditions: ['node', 'node-addons'] },
      }),
      'esm.config.cjs': config({ testMatch: ['**/*.test.mjs'], transform: {} }),
    });
  }, INSTALL_MS);

  const ways: [string, 'cjs' | 'esm' | 'timers' | 'jsdom', string[]][] = [
    ['CommonJS, one process', 'cjs', ['-i']],
    ['ESM by --experimental-vm-modules, one process', 'esm', ['-i']],
  ];
  if (ALL || major === '30') {
    ways.push(['CommonJS, worker threads', 'cjs', ['-w2', '--workerThreads']]);
    ways.push(['CommonJS, fake timers in all files', 'timers', ['-i']]);
  }
  if (inJsdom) ways.push(['CommonJS, jsdom', 'jsdom', ['-i']]);
  if (ALL) ways.push(['CommonJS, two processes', 'cjs', ['-w2']], ['ESM, two processes', 'esm', ['-w2']]);

  test.each(ways)('%s', async (_what, kind, flags) => {
    const nodeFlags = kind === 'esm' ? ['--experimental-vm-modules', '--no-warnings'] : [];
    const files = { cjs: Object.keys(commonjs), esm: Object.keys(modules), timers: UNTIMED, jsdom: UNTIMED }[kind]
      .length;
    const args = [
      ...nodeFlags,
      join(dir, 'node_modules', 'jest', 'bin', 'jest.js'),
      '-c',
      `${kind}.config.cjs`,
      ...flags,
    ];
    const result = await run(dir, args, /^Ran all test suites/m, env);
    expectGood(result, new RegExp(`^Tests: +${files} passed, ${files} total`, 'm'));
  });
});

describe('vitest', () => {
  const files = testFiles('vitest');
  let dir: string;

  beforeAll(() => {
    dir = stage.project('vitest', [`vitest@${VITEST}`], 'module');
    write(dir, files);
  }, INSTALL_MS);

  const ways: [string, string[]][] = [
    ['processes', ['--pool=forks', '--maxWorkers=2']],
    ['threads', ['--pool=threads', '--maxWorkers=2']],
  ];
  if (ALL) ways.push(['one thread after another', ['--pool=threads', '--no-file-parallelism']]);

  test.each(ways)('%s', async (_what, flags) => {
    const { length } = Object.keys(files);
    const args = [join(dir, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...flags];
    const result = await run(dir, args, /^ +Duration /m, env);
    expectGood(result, new RegExp(`^ +Tests +${length} passed \\(${length}\\)`, 'm'));
  });
});

describe('worker threads', () => {
  let dir: string;

  beforeAll(() => {
    dir = stage.project('threads', []);
    write(dir, { 'workers.js': WORKERS });
  }, INSTALL_MS);

  test('fifty are terminated with consumers and sends open, and the process goes on to its own end', async () => {
    const result = await run(dir, ['workers.js'], /^all terminated$/m, env);
    expectGood(result, /^fifty workers, 10 of each kind: consuming, endless, publishing, dead, testing$/m);
  });
});
