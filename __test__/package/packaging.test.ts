// What is published: contents of the packed packages, and that they install into an empty folder and work.

import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/child';
import { json, newFolder, node, ownEnvironment, type PackedPackage, pack, run, unpack } from './packaging-support';

const { addonFile, packageName, platformName, thisPlatform } = require('../../tools/install/platform.cjs');

const work = newFolder();
const out = join(work.path, 'packed');
const here: string = packageName(thisPlatform());
const addon: string = addonFile(thisPlatform());
let root: PackedPackage;
let platform: PackedPackage;
beforeAll(() => {
  const packed = pack(out);
  root = packed.find(({ name }) => name === 'kafka4')!;
  platform = packed.find(({ name }) => name === here)!;
});
afterAll(() => work.remove());

describe('the package kafka4', () => {
  test('asks for the package of every platform in its own version, and for nothing to develop with', () => {
    const folder = unpack(root.file, join(work.path, 'root'), 'kafka4');
    const [published, committed] = [json(join(folder, 'package.json')), json(join(ROOT, 'package.json'))];
    const platforms = readdirSync(join(ROOT, 'npm')).map((name) => [`kafka4-${name}`, committed.version]);
    expect(platforms).toHaveLength(7);
    expect(published.optionalDependencies).toMatchObject(Object.fromEntries(platforms));
    expect(published.scripts).toEqual({ install: 'node tools/install/install.cjs' });
    expect(published).not.toHaveProperty('devDependencies');
    expect(published).not.toHaveProperty('private');
    // A clone installs before anything is published, and builds by itself.
    expect(Object.keys(committed.optionalDependencies ?? {}).filter((name) => name.startsWith('kafka4-'))).toEqual([]);
    expect(committed.scripts).not.toHaveProperty('install');
    // npm and its like refuse to publish what was not packed by pack.mjs.
    expect(committed.private).toBe(true);
  });

  test('holds what it needs to run and to be built, no test, no addon, and is small', () => {
    expect(root.files).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.mjs', 'index.js', 'Cargo.lock']));
    expect(
      root.files.filter((file) => /\.node$|_tests\.rs$|\.test\.|__test__|node_modules|core\/(tests|fuzz)/.test(file)),
    ).toEqual([]);
    expect(root.size).toBeLessThan(2_000_000);
  });

  test('its workspace is whole for cargo, with the versions of the committed lock file', () => {
    const folder = unpack(root.file, join(work.path, 'cargo'), 'kafka4');
    const args = ['tree', '--locked', '--offline', '--edges', 'normal', '--depth', '1', '--package', 'kafka4'];
    const { status, stdout, stderr } = run('cargo', args, folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('kafka4-core v');
  });

  test("its librdkafka is the revision that its cargo configuration asks for: cargo's build refuses another", () => {
    const folder = unpack(root.file, join(work.path, 'revision'), 'kafka4');
    const { stdout } = node(['tools/librdkafka/revision.mjs'], folder);
    expect(readFileSync(join(folder, '.cargo', 'config.toml'), 'utf8')).toContain(`value = "${stdout.trim()}"`);
  });
});

describe('the package of this platform', () => {
  test('holds the addon that was built here, and little else', () => {
    expect(platform.files.sort()).toEqual(['LICENSE', 'README.md', addon, 'package.json'].sort());
    const folder = unpack(platform.file, join(work.path, 'platform'), here);
    expect(readFileSync(join(folder, addon)).equals(readFileSync(join(ROOT, addon)))).toBe(true);
    const { os, cpu } = thisPlatform();
    expect(json(join(folder, 'package.json'))).toMatchObject({ name: here, os: [os], cpu: [cpu], main: addon });
  });

  test('tells what the addon needs of the system: the C library alone', () => {
    expect(platform.addon).toContain('libc.so.6');
    expect(platform.addon).not.toMatch(/libssl|libcrypto|libz\b|libzstd|liblz4|libcurl|libsasl|librdkafka/);
    expect(platform.addon).toMatch(/GLIBC 2\.\d+/);
  });
});

describe('installed into an empty folder', () => {
  test('without scripts: loads by require and import, the five codecs, TLS and SASL work, and it ends by itself', () => {
    const { status, stdout, stderr } = node(['tools/package/try.mjs', '--packages', out, '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const results = JSON.parse(stdout);
    expect(results.map(({ check }: { check: string }) => check)).toEqual(['facts', 'modules', 'codecs', 'security']);
    expect(results[0].told).toMatchObject({ platform: `${process.platform}-${process.arch}`, version: root.version });
    // From the package of the platform, in that folder: not from this clone.
    expect(results[0].told.addon).toMatch(new RegExp(`kafka4-try-[^/]+/node_modules/${here}/${addon}$`));
    expect(results[2].told).toContain('none, gzip, snappy, lz4, zstd');
  });

  test('with its install script, which has nothing to do', () => {
    const folder = join(work.path, 'scripts');
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{ "name": "app", "version": "1.0.0" }');
    // A cargo that would be found, and must not be called.
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'cargo'), `#!/bin/sh\necho called > ${join(folder, 'cargo-was-called')}\nexit 1\n`, {
      mode: 0o755,
    });
    const env = ownEnvironment({ PATH: `${bin}:${process.env.PATH}` });
    const flags = ['--no-audit', '--no-fund', '--foreground-scripts', '--offline'];
    const { status, stdout } = run('npm', ['install', ...flags, root.file, platform.file], folder, env);
    expect(status).toBe(0);
    expect(stdout).toContain('node tools/install/install.cjs');
    expect(readdirSync(folder)).not.toContain('cargo-was-called');
    expect(readdirSync(join(folder, 'node_modules', 'kafka4')).filter((name) => /\.node$|^target$/.test(name))).toEqual(
      [],
    );
  });
});

describe('what is not packed', () => {
  const refused = (...flags: string[]) =>
    node(['tools/package/pack.mjs', '--out', join(work.path, 'refused'), ...flags]);

  test('a platform whose addon is not there: an empty package would pack as well', () => {
    const addons = join(work.path, 'no-addons');
    mkdirSync(addons);
    const { status, stderr } = refused('--only', 'platform', '--addons', addons);
    expect(status).toBe(1);
    expect(stderr).toContain(`${here}: there is no ${join(addons, addon)}`);
  });

  test('an addon of another platform under this name', () => {
    const addons = join(work.path, 'mixed-up');
    mkdirSync(addons);
    const file = Buffer.from(readFileSync(join(ROOT, addon)));
    // The field of the processor in the header of an ELF file; 243 is RISC-V.
    file.writeUInt16LE(243, 18);
    writeFileSync(join(addons, addon), file);
    const { status, stderr } = refused('--only', 'platform', '--addons', addons);
    expect(status).toBe(1);
    expect(stderr).toContain(`it is for machine 243, not ${process.arch}`);
  });

  test('an addon that needs a newer glibc than is to be served', () => {
    const { status, stderr } = refused('--only', 'platform', '--glibc', '2.5');
    expect(status).toBe(1);
    expect(stderr).toMatch(/it needs glibc 2\.\d+; the oldest system to be served has 2\.5/);
  });

  test('all platforms, when one of them is missing', () => {
    const addons = join(work.path, 'one-addon');
    mkdirSync(addons);
    cpSync(join(ROOT, addon), join(addons, addon));
    const { status, stderr } = refused('--all', '--addons', addons);
    expect(status).toBe(1);
    expect(stderr).toMatch(/kafka4-[\w-]+: there is no /);
  });

  test.each([
    [['--only', 'everything', '--out', 'x'], /--only is root or platform, not everything/],
    [[], /--out DIR is missing/],
    [['--outt', 'x'], /Unknown option '--outt'/],
  ])('by wrong arguments: %j', (args, text) => {
    const { status, stderr } = node(['tools/package/pack.mjs', ...args]);
    expect(status).toBe(1);
    expect(stderr).toMatch(text);
    expect(stderr).not.toContain('    at ');
  });
});

test('a platform that is left out is not asked for', () => {
  const [packed] = pack(
    join(work.path, 'without'),
    '--only',
    'root',
    '--without',
    'win32-x64-msvc',
    '--repository',
    'https://git.example/a/kafka4',
  );
  const manifest = json(join(unpack(packed!.file, join(work.path, 'without'), 'kafka4'), 'package.json'));
  expect(Object.keys(manifest.optionalDependencies)).not.toContain('kafka4-win32-x64-msvc');
  expect(manifest.optionalDependencies).toHaveProperty('kafka4-darwin-x64');
  const { repository } = json(join(ROOT, 'package.json'));
  expect(manifest.repository).toEqual(repository ?? { type: 'git', url: 'git+https://git.example/a/kafka4.git' });
});

test('the tree is left as it was', () => {
  expect(statSync(join(ROOT, 'package.json')).isFile()).toBe(true);
  expect(readdirSync(ROOT).filter((name) => name.endsWith('.tgz'))).toEqual([]);
  expect(readdirSync(join(ROOT, 'npm', platformName(thisPlatform()))).sort()).toEqual(['README.md', 'package.json']);
});
