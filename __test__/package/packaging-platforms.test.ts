// The packages of the platforms agree with one another: npm/, package.json, the loader (index.js), napi's own idea of them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/child';
import { json, newFolder, node, run } from './packaging-support';

const { platformFiles, platformPackages } = require('../../tools/package/platforms.mjs');
const { addonName } = require('../../tools/bootstrap/prepare.mjs');
const { addonFile, thisPlatform, tripleFits } = require('../../tools/install/platform.cjs');
const { describeBinary, checkAddon } = require('../../tools/package/binary.mjs');
const { compareVersions, elfNeeds } = require('../../tools/package/elf.mjs');
const { checkPlatform, checkRoot } = require('../../tools/package/contents.mjs');

const work = newFolder();
afterAll(() => work.remove());

test('npm/ holds what package.json leads to (`node tools/package/platforms.mjs` writes it)', () => {
  const files = platformFiles() as Record<string, string>;
  expect(Object.keys(files)).toHaveLength(14);
  for (const [path, text] of Object.entries(files))
    expect([path, readFileSync(join(ROOT, path), 'utf8')]).toEqual([path, text]);
});

test('napi would make the same packages', () => {
  const manifest = json(join(ROOT, 'package.json'));
  writeFileSync(join(work.path, 'package.json'), JSON.stringify(manifest));
  const napi = json(join(ROOT, 'node_modules/@napi-rs/cli/package.json')).bin.napi;
  const { status } = node([join(ROOT, 'node_modules/@napi-rs/cli', napi), 'create-npm-dirs'], work.path);
  expect(status).toBe(0);
  for (const { platform } of platformPackages()) {
    const [ours, napis] = [join(ROOT, 'npm', platform), join(work.path, 'npm', platform)].map((dir) =>
      json(join(dir, 'package.json')),
    );
    expect({ ...ours, description: '' }).toEqual({ ...napis, description: '' });
  }
});

test('the loader looks for these packages and files', () => {
  const loader = readFileSync(join(ROOT, 'index.js'), 'utf8');
  for (const { name, addon } of platformPackages()) {
    expect(loader).toContain(`require('${name}')`);
    expect(loader).toContain(`require('./${addon}')`);
  }
});

test('the build of a clone, the install script and the packages name the addon of this machine alike', () => {
  expect(addonFile(thisPlatform())).toBe(addonName());
  expect(platformPackages().map(({ addon }: { addon: string }) => addon)).toContain(addonName());
});

test.each([
  ['x86_64-unknown-linux-gnu', { os: 'linux', cpu: 'x64', libc: 'glibc' }, true],
  ['x86_64-alpine-linux-musl', { os: 'linux', cpu: 'x64', libc: 'musl' }, true],
  ['x86_64-unknown-linux-gnu', { os: 'linux', cpu: 'x64', libc: 'musl' }, false],
  ['aarch64-apple-darwin', { os: 'darwin', cpu: 'x64' }, false],
  ['aarch64-apple-darwin', { os: 'darwin', cpu: 'arm64' }, true],
  ['riscv64gc-unknown-linux-gnu', { os: 'linux', cpu: 'riscv64', libc: 'glibc' }, true],
])("Rust's %s fits %j: %s", (triple, platform, expected) => {
  expect(tripleFits(triple, platform)).toBe(expected);
});

describe('what a library needs', () => {
  const addon = join(ROOT, addonName());

  test('is what readelf says', () => {
    const needs = elfNeeds(readFileSync(addon));
    const dynamic = run('readelf', ['--dynamic', '--wide', addon]).stdout;
    const libraries = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
    expect(libraries.length).toBeGreaterThan(1);
    expect(needs.libraries).toEqual(libraries);
    const versions = run('readelf', ['--version-info', '--wide', addon]).stdout.matchAll(/Name: GLIBC_([\d.]+)/g);
    const newest = [...versions]
      .map(([, version]) => version!)
      .sort(compareVersions)
      .at(-1);
    expect(needs.versions.GLIBC).toBe(newest);
  });

  test('of every format, the processor is read', () => {
    const macho = Buffer.alloc(64);
    macho.writeUInt32LE(0xfeedfacf, 0);
    macho.writeUInt32LE(0x0100000c, 4);
    expect(describeBinary(macho)).toMatchObject({ format: 'mach-o', cpu: 'arm64' });
    const pe = Buffer.alloc(256);
    pe.write('MZ', 0);
    pe.writeUInt32LE(128, 0x3c);
    pe.write('PE\0\0', 128);
    pe.writeUInt16LE(0x8664, 132);
    expect(describeBinary(pe)).toMatchObject({ format: 'pe', cpu: 'x64' });
    expect(() => describeBinary(Buffer.from('not a library'.repeat(20)))).toThrow(/no library/);
  });

  test('a musl package with a library for glibc is noticed', () => {
    const { complaints } = checkAddon(addon, { os: 'linux', cpu: process.arch, libc: 'musl' });
    expect(complaints.join()).toMatch(/needs .*libc\.so\.6.* not every musl system has/);
  });

  test('versions are compared by number', () => {
    expect(['2.4', '2.34', '2.28', '2.3.4'].sort(compareVersions)).toEqual(['2.3.4', '2.4', '2.28', '2.34']);
  });
});

describe('contents', () => {
  const manifest = {
    exports: { '.': { require: './dist/index.js' }, './more': './dist/more.js' },
    bin: { kafka4: 'dist/cli.js' },
  };

  test('every file that exports or bin lead to must be there', () => {
    const complaints = checkRoot(['package.json'], manifest);
    expect(complaints).toEqual(
      expect.arrayContaining(['dist/more.js is missing', 'dist/cli.js is missing', 'README.md is missing']),
    );
  });

  test.each([
    'core/tests/produce.rs',
    'core/src/x_tests.rs',
    'dist/a.test.js',
    'tools/librdkafka/node_modules/x/y.js',
    '.env',
    'a.node',
    'target/x',
  ])('%s must not', (file) => {
    expect(
      checkRoot([file], {}).filter((each: string) => each.startsWith(`${file} is `) && !each.endsWith('missing')),
    ).toHaveLength(1);
  });

  test('a platform package has its addon and nothing strange', () => {
    expect(checkPlatform(['package.json', 'README.md', 'LICENSE', 'a.node'], 'a.node')).toEqual([]);
    expect(checkPlatform(['package.json', 'README.md', 'b.node'], 'a.node')).toEqual([
      'a.node is missing',
      'b.node does not belong there',
    ]);
  });
});

describe('publishing', () => {
  const names = [...platformPackages().map(({ name }: { name: string }) => name), 'kafka4'];

  /** Tarballs of one file each. */
  function tarballs(version: string, leaveOut?: string): string {
    const folder = join(work.path, `release-${version}-${leaveOut}`);
    for (const name of names.filter((each) => each !== leaveOut)) {
      const source = join(folder, 'src', name, 'package');
      mkdirSync(source, { recursive: true });
      const asked = Object.fromEntries(names.filter((each) => each !== 'kafka4').map((each) => [each, version]));
      const more = name === 'kafka4' ? { optionalDependencies: asked } : {};
      writeFileSync(join(source, 'package.json'), JSON.stringify({ name, version, ...more }));
      run('tar', ['czf', join(folder, `${name}.tgz`), '-C', join(source, '..'), 'package']);
    }
    return folder;
  }

  /** An npm that knows one package already and notes what it is asked to publish. */
  function publish(folder: string, args: string[], { there = '', ill = false } = {}) {
    const bin = join(folder, 'bin');
    const log = join(folder, 'published.log');
    mkdirSync(bin, { recursive: true });
    writeFileSync(log, '');
    const script = `#!/bin/sh
if [ "$1" = view ]; then
  [ "$2" = "${there}" ] && { echo '"1"'; exit 0; }
  echo "npm error code ${ill ? 'E503' : 'E404'}" >&2
  exit 1
fi
echo "$@" >> ${log}
`;
    writeFileSync(join(bin, 'npm'), script, { mode: 0o755 });
    const env = { ...process.env, GITHUB_ACTIONS: 'true', PATH: `${bin}:${process.env.PATH}` };
    const result = node(['tools/package/publish.mjs', '--packages', folder, ...args], ROOT, env);
    return { ...result, published: readFileSync(log, 'utf8').trim().split('\n').filter(Boolean) };
  }

  test('the platforms first, kafka4 last, with provenance; what is there is left out', () => {
    const folder = tarballs('1.2.3');
    const { status, published, stdout } = publish(folder, ['--version', 'v1.2.3'], { there: `${names[0]}@1.2.3` });
    expect(status).toBe(0);
    expect(
      published.map((line) => /^publish \S*\/([\w-]+)\.tgz --access public --provenance --tag latest/.exec(line)?.[1]),
    ).toEqual(names.slice(1));
    expect(stdout).toContain(`${names[0]}@1.2.3 is there already`);
  });

  test('a beta does not become latest; a dry run publishes nothing', () => {
    const folder = tarballs('2.0.0-beta.1');
    const { published, stdout } = publish(folder, ['--dry-run']);
    expect(published).toEqual([]);
    expect(stdout.match(/--tag next/g)).toHaveLength(8);
  });

  test('a platform can be left out on purpose, when kafka4 does not ask for it', () => {
    const folder = tarballs('1.1.0', names[2]);
    const platform = names[2].replace('kafka4-', '');
    expect(publish(folder, ['--without', platform]).stderr).toBe(`kafka4 depends on ${names[2]}, which is left out\n`);
    expect(publish(folder, ['--without', 'linux-x64']).stderr).toMatch(
      /^--without linux-x64: the platforms are linux-x64-gnu, /,
    );
  });

  test.each([
    ['a platform is missing', tarballs('1.0.0', names[2]), [], {}, new RegExp(`has no tarball of ${names[2]}`)],
    ['the tag names another version', tarballs('1.0.1'), ['--version', 'v1.0.2'], {}, /not of version 1\.0\.2/],
    ['the registry is ill', tarballs('1.0.3'), [], { ill: true }, /npm could not be asked/],
  ])('nothing, when %s', (_what, folder, args, npm, text) => {
    const { status, stderr, published } = publish(folder, args, npm);
    expect({ status, published }).toEqual({ status: 1, published: [] });
    expect(stderr).toMatch(text);
  });
});
