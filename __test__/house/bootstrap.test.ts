// The preparation of a clone: when something counts as built, what is missing, what is told meanwhile.

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './files';

const { hashInputs, packagesAreInstalled, Stamp } = require('../../tools/bootstrap/inputs.mjs');
const { CargoProgress } = require('../../tools/bootstrap/cargo-progress.mjs');
const { missingTools, nodeNote } = require('../../tools/bootstrap/requirements.mjs');
const { clock, showProgress } = require('../../tools/bootstrap/progress.mjs');
const { runStep, Tail } = require('../../tools/bootstrap/step.mjs');
const { addonName } = require('../../tools/bootstrap/prepare.mjs');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kafka4-bootstrap-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (path: string, text: string) => {
  mkdirSync(join(dir, path, '..'), { recursive: true });
  writeFileSync(join(dir, path), text);
};

describe('what is fresh', () => {
  test('the hash follows contents and names, and nothing else', () => {
    write('src/a.rs', 'a');
    const hash = () => hashInputs(dir, ['src', 'absent.toml']);
    const first = hash();
    utimesSync(join(dir, 'src/a.rs'), 1, 1);
    write('src/.DS_Store', 'x');
    expect(hash()).toBe(first);
    write('src/a.rs', 'b');
    expect(hash()).not.toBe(first);
    write('src/a.rs', 'a');
    expect(hash()).toBe(first);
    write('src/deep/b.rs', '');
    expect(hash()).not.toBe(first);
    expect(hashInputs(dir, ['src'], ['x'])).not.toBe(hashInputs(dir, ['src'], ['y']));
  });

  test('a stamp holds for its inputs and for the outputs that were built', () => {
    const output = join(dir, 'addon.node');
    const stamp = new Stamp(join(dir, 'state', 'native.stamp'), [output]);
    expect(stamp.isFresh('one')).toBe(false);
    writeFileSync(output, 'built');
    stamp.write('one');
    expect(stamp.isFresh('one')).toBe(true);
    expect(stamp.isFresh('two')).toBe(false);
    writeFileSync(output, 'copied over it');
    expect(stamp.isFresh('one')).toBe(false);
    rmSync(output);
    expect(stamp.isFresh('one')).toBe(false);
  });

  test('packages are installed when node_modules holds what the lock file says', () => {
    const tool = { version: '1.0.0', integrity: 'sha512-x' };
    const lock = (version: string) => ({
      packages: {
        '': { devDependencies: { tool: '^1.0.0' } },
        'node_modules/tool': { ...tool, version },
        'node_modules/for-another-system': { ...tool, optional: true },
      },
    });
    write('package.json', JSON.stringify({ devDependencies: { tool: '^1.0.0' } }));
    write('package-lock.json', JSON.stringify(lock('1.0.0')));
    expect(packagesAreInstalled(dir)).toBe(false);
    write('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/tool': tool } }));
    expect(packagesAreInstalled(dir)).toBe(true);
    write('package-lock.json', JSON.stringify(lock('1.0.1')));
    expect(packagesAreInstalled(dir)).toBe(false);
    write('package-lock.json', JSON.stringify(lock('1.0.0')));
    write('package.json', JSON.stringify({ devDependencies: { tool: '^1.0.0', another: '^2.0.0' } }));
    expect(packagesAreInstalled(dir)).toBe(false);
  });

  test('the addon is named as its loader looks for it', () => {
    expect(addonName({ platform: 'darwin', arch: 'arm64' })).toBe('kafka4.darwin-arm64.node');
    expect(addonName({ platform: 'win32', arch: 'x64' })).toBe('kafka4.win32-x64-msvc.node');
    expect(require('node:fs').existsSync(join(ROOT, addonName()))).toBe(true);
  });
});

describe('what is missing', () => {
  const requirement = (what: string, there: boolean) => ({
    what,
    why: 'because',
    found: () => there,
    debian: `apt ${what}`,
    macos: `brew ${what}`,
  });

  test('each missing tool is told with how to install it, the others are not', () => {
    const text = missingTools(['compile'], {
      compile: [requirement('make', false), requirement('perl', true), requirement('cargo', false)],
    });
    expect(text).toMatch(/2 things are missing/);
    expect(text).toMatch(/make: because\n {4}Debian, Ubuntu {2}apt make\n {4}macOS {11}brew make/);
    expect(text).toMatch(/apt cargo/);
    expect(text).not.toMatch(/perl/);
  });

  test('nothing is told when nothing is missing', () => {
    expect(missingTools(['install', 'compile'])).toBeUndefined();
  });

  test('an old Node is noted', () => {
    expect(nodeNote('18.20.4')).toMatch(/20\.17/);
    expect(nodeNote('20.17.0')).toBeUndefined();
    expect(nodeNote('24.1.0')).toBeUndefined();
  });
});

describe('what is told meanwhile', () => {
  test("cargo's bar, cut anywhere, gives names and counts", () => {
    const progress = new CargoProgress();
    expect(progress.feed('   Compiling openssl-sys v0.9')).toBeUndefined();
    expect(progress.feed('.118\n')).toEqual({ detail: 'OpenSSL', done: 0, total: 0 });
    expect(progress.feed('    Building [====>     ] 23/103: syn, rdkafka-sys(build), openss...  \r')).toEqual({
      detail: 'librdkafka, syn, openss',
      done: 23,
      total: 103,
    });
    expect(progress.feed('   Compiling serde v1.0.0\r    Building [=>] 24/103: kafka4-core\r').detail).toBe(
      "kafka4's core",
    );
  });

  test('plain output is never silent for long, and says what is slow', () => {
    const lines: string[] = [];
    const tell = showProgress({ write: (text: string) => lines.push(text.trim()), isTTY: false } as never);
    tell({ type: 'start', step: 'native', title: 'Building', hint: 'about 5 minutes' });
    for (let ms = 0; ms <= 60_000; ms += 500) {
      tell({ type: 'update', step: 'native', elapsed: ms, detail: 'OpenSSL', done: 5, total: 100 });
    }
    tell({ type: 'done', step: 'native', title: 'Building', elapsed: 60_000 });
    expect(lines[0]).toBe('Building (about 5 minutes) …');
    expect(lines.slice(1, -1)).toEqual([
      '15.0 s  5 of 100  OpenSSL',
      '30.0 s  5 of 100  OpenSSL, still',
      '45.0 s  5 of 100  OpenSSL, still',
      '1:00 min  5 of 100  OpenSSL, still',
    ]);
    expect(lines.at(-1)).toBe('Building: done in 1:00 min');
  });

  test('a failed step gives the end of its output and the advice', async () => {
    const events: string[] = [];
    const script = 'for (let i = 1; i <= 60; i += 1) console.log(`line ${i}`); console.error("boom"); process.exit(3)';
    const step = { step: 'x', title: 'Trying', command: process.execPath, args: ['-e', script], advice: 'Do this.' };
    const failure = await runStep(step, (event: { type: string }) => events.push(event.type)).catch(
      (error: Error) => error,
    );
    expect(failure.name).toBe('PrepareError');
    expect(failure.message).toMatch(/ended with code 3/);
    expect(failure.message).toMatch(/boom/);
    expect(failure.message).toMatch(/line 60\n/);
    expect(failure.message).not.toMatch(/line 20\n/);
    expect(failure.message.endsWith('Do this.')).toBe(true);
    expect([events[0], events.at(-1)]).toEqual(['start', 'failed']);
  });

  test('a progress bar is no output', () => {
    const tail = new Tail(2);
    tail.feed('one\ntwo\n    Building [==>  ] 1/2: a\rerror: no\n    Building [==>  ] 1/2: a\r');
    expect(tail.text()).toBe('  two\n  error: no');
  });

  test.each([
    [400, '0.4 s'],
    [59_960, '1:00 min'],
    [83_000, '1:23 min'],
  ])('%d ms is %s', (ms, text) => expect(clock(ms)).toBe(text));
});
