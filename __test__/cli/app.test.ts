// What is found out about an app before anything is written, and what is refused.

import { join } from 'node:path';
import { detectApp } from '@/lib/cli/app';
import { thrown } from '../support/until';
import { filesOf, init, makeApp, nextApp } from './apps';

describe('the package manager', () => {
  test.each([
    ['package-lock.json', 'npm'],
    ['pnpm-lock.yaml', 'pnpm'],
    ['yarn.lock', 'yarn'],
    ['bun.lock', 'bun'],
    ['bun.lockb', 'bun'],
  ])('%s: %s', (file, expected) => {
    expect(detectApp(makeApp({ 'package.json': '{}', [file]: '' }), {}).packageManager).toBe(expected);
  });

  test('packageManager in package.json wins over a lock file', () => {
    const root = makeApp({ 'package.json': '{ "packageManager": "pnpm@9.1.0+sha256.x" }', 'yarn.lock': '' });
    expect(detectApp(root, {}).packageManager).toBe('pnpm');
  });

  test('the lock file of a workspace above counts', () => {
    const root = makeApp({ 'pnpm-lock.yaml': '', 'apps/web/package.json': '{}' });
    expect(detectApp(join(root, 'apps', 'web'), {}).packageManager).toBe('pnpm');
  });

  test('without any it is the one that runs us', () => {
    const root = makeApp({ 'package.json': '{}' });
    expect(detectApp(root, { npm_config_user_agent: 'yarn/1.22.0 npm/? node/v20' }).packageManager).toBe('yarn');
    expect(detectApp(root, {}).packageManager).toBe('npm');
  });

  test.each([
    ['npm', 'npm install kafka4'],
    ['pnpm', 'pnpm add kafka4'],
    ['yarn', 'yarn add kafka4'],
    ['bun', 'bun add kafka4'],
  ])('%s: where kafka4 is not among the dependencies, the first step is to add it', (manager, step) => {
    const root = makeApp({ 'package.json': `{ "packageManager": "${manager}@1.0.0" }` });
    expect(init(root).next[0]).toBe(step);
  });
});

describe('the configuration file', () => {
  test('is the one that Next.js takes when there are several', () => {
    const files = nextApp({ 'next.config.mjs': 'export default {};\n', 'next.config.js': 'module.exports = {};\n' });
    expect(detectApp(makeApp(files), {}).nextConfig).toBe('next.config.js');
  });

  test.each(['js', 'mjs', 'ts', 'cjs', 'mts'])('next.config.%s makes it a Next.js app', (extension) => {
    const root = makeApp({ 'package.json': '{}', [`next.config.${extension}`]: '' });
    expect(detectApp(root, {})).toMatchObject({ next: true, nextConfig: `next.config.${extension}` });
  });
});

test.each([
  ['16.4.3', 16],
  ['^15.5.0', 15],
  ['~14', 14],
  ['>=15', 15],
  ['latest', undefined],
  ['workspace:*', undefined],
])('next %s: version %s', (range, expected) => {
  const root = makeApp({ 'package.json': JSON.stringify({ dependencies: { next: range } }) });
  expect(detectApp(root, {}).nextMajor).toBe(expected);
});

describe('what is refused, before anything is written', () => {
  const refused = (files: Record<string, string>, folder = '') => {
    const root = makeApp(files);
    const before = filesOf(root);
    const error = thrown(() => init(join(root, folder)));
    expect(filesOf(root)).toEqual(before);
    return error;
  };

  test('a folder without package.json; the one above is named', () => {
    const error = refused({ 'package.json': '{}', 'src/a.js': '' }, 'src');
    expect(error).toMatchObject({ code: 'ERR_KAFKA_INIT_NO_APP', exitCode: 1 });
    expect(error.message).toMatch(/has no package\.json.*there is one in .*kafka4-cli-/);
  });

  test('a folder that is none', () => {
    expect(refused({ 'package.json': '{}' }, 'nowhere').code).toBe('ERR_KAFKA_INIT_NO_APP');
  });

  test.each(['{ "name": ', '[]', '"x"'])('package.json %j', (text) => {
    expect(refused({ 'package.json': text }).code).toBe('ERR_KAFKA_INIT_PACKAGE_JSON');
  });

  test.each([
    [{ 'package.json': '{ "workspaces": ["apps/*"] }' }],
    [{ 'package.json': '{}', 'pnpm-workspace.yaml': 'packages: []\n' }],
  ])('the root of a workspace: %j', (files) => {
    const error = refused(files as Record<string, string>);
    expect(error.code).toBe('ERR_KAFKA_INIT_WORKSPACE_ROOT');
    expect(error.message).toContain('kafka4 init apps/web');
  });

  test('a file where a folder has to be', () => {
    const error = refused(nextApp({ lib: 'x' }));
    expect(error).toMatchObject({
      code: 'ERR_KAFKA_INIT_NOT_A_FOLDER',
      message: expect.stringContaining('lib is a file'),
    });
  });

  test('a folder where a file has to be', () => {
    expect(refused(nextApp({ 'compose.yaml/': '' })).code).toBe('ERR_KAFKA_INIT_NOT_A_FILE');
  });

  test('a package without its own files', () => {
    const root = makeApp(nextApp());
    expect(thrown(() => init(root, { packageRoot: root })).code).toBe('ERR_KAFKA_INIT_PACKAGE');
  });
});
