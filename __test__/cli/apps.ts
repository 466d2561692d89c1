// Apps in temporary folders, made of a few files, for the tests of `kafka4 init`.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { type InitOptions, type InitResult, runInit } from '@/lib/cli/init';

export const ROOT = resolve(__dirname, '..', '..');

export type Files = Record<string, string>;

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder with these files; a path that ends with a slash is an empty folder. It is removed after the test. */
export function makeApp(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'kafka4-cli-'));
  made.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(path.endsWith('/') ? join(root, path) : dirname(join(root, path)), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(join(root, path), text);
  }
  return root;
}

/** Every file below the folder with its text. */
export function filesOf(root: string): Files {
  const found: Files = {};
  for (const entry of readdirSync(root, { recursive: true }) as string[]) {
    const path = join(root, entry);
    if (statSync(path).isFile()) found[relative(root, path).split(sep).join('/')] = readFileSync(path, 'utf8');
  }
  return found;
}

export function read(root: string, path: string): string | undefined {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;
}

export function init(folder: string, options: Partial<InitOptions> = {}): InitResult {
  return runInit({ folder, dryRun: false, force: false, packageRoot: ROOT, environment: {}, ...options });
}

/** Path to status. */
export function statuses(result: InitResult): Record<string, string> {
  return Object.fromEntries(result.files.map(({ path, status }) => [path, status]));
}

/** What create-next-app makes, as far as it matters here. */
export function nextApp(changes: Files = {}): Files {
  return {
    'package.json': JSON.stringify({
      dependencies: { next: '16.4.3', kafka4: '2.3.0' },
      devDependencies: { typescript: '^5' },
    }),
    'package-lock.json': '{}',
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }',
    'next.config.ts': [
      'import type { NextConfig } from "next";',
      '',
      'const nextConfig: NextConfig = {',
      '  /* config options here */',
      '};',
      '',
      'export default nextConfig;',
      '',
    ].join('\n'),
    'app/page.tsx': 'export default () => null;\n',
    ...changes,
  };
}

export function javascriptApp(changes: Files = {}): Files {
  return {
    'package.json': JSON.stringify({ dependencies: { next: '^15.5.0' } }),
    'next.config.js': '/** @type {import("next").NextConfig} */\nmodule.exports = { reactStrictMode: true };\n',
    'pages/index.jsx': 'export default () => null;\n',
    ...changes,
  };
}
