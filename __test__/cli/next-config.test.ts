// Every shape of next.config: what is edited is run afterwards, what is not certain stays as it is.

import { runInNewContext } from 'node:vm';
import { transformSync } from '@swc/core';
import { addExternalPackage } from '@/lib/cli/next-config';

const HEAD = "import type { NextConfig } from 'next';\n";

/** Shapes that are edited; what they export is looked at after running them. */
const SHAPES: Record<string, string> = {
  'create-next-app, TypeScript': `${HEAD}\nconst nextConfig: NextConfig = {\n  /* config options here */\n};\n\nexport default nextConfig;\n`,
  'create-next-app, CommonJS': `/** @type {import('next').NextConfig} */\nconst nextConfig = {}\n\nmodule.exports = nextConfig\n`,
  'module.exports of an object': 'module.exports = {\n  reactStrictMode: true,\n}\n',
  'export default of an object': 'export default { reactStrictMode: true };\n',
  'without a last comma': 'export default {\n  reactStrictMode: true\n};\n',
  'one line without spaces': 'export default {reactStrictMode:true}',
  'an empty object over two lines': 'export default {\n};\n',
  satisfies: `${HEAD}export default {\n  images: { remotePatterns: [{ hostname: '**' }] },\n} satisfies NextConfig;\n`,
  as: `${HEAD}const config = { poweredByHeader: false } as NextConfig\nexport default config\n`,
  'as an imported type': `export default { output: 'standalone' } as import('next').NextConfig;\n`,
  'a type with parameters': `${HEAD}export default { output: 'standalone' } satisfies Partial<Readonly<NextConfig>>;\n`,
  'no semicolons':
    "import path from 'node:path'\n\nconst nextConfig = {\n  outputFileTracingRoot: path.join('/', 'x')\n}\n\nexport default nextConfig\n",
  'wrapped by one function':
    "const withMDX = require('@next/mdx')({ extension: /\\.mdx?$/ })\nmodule.exports = withMDX({\n  pageExtensions: ['ts', 'mdx'],\n})\n",
  'wrapped by two functions':
    "import { withA, withB } from 'wrappers';\nconst nextConfig = { trailingSlash: true };\nexport default withA(withB(nextConfig));\n",
  'wrapped with options behind':
    "import { withSentryConfig } from 'wrappers';\nconst nextConfig = {\n  trailingSlash: true,\n};\nexport default withSentryConfig(nextConfig, {\n  org: 'x',\n  silent: !process.env.CI,\n});\n",
  'wrapped by a function with options':
    "import { createPlugin } from 'wrappers';\nexport default createPlugin('./i18n.ts')({ trailingSlash: true } as const)\n"
      .replace('createPlugin(', 'withPlugin(')
      .replace('{ createPlugin }', '{ withPlugin }'),
  'wrapped under a name':
    "import { withA } from 'wrappers';\nconst base = { trailingSlash: true };\nconst wrapped = withA(base);\nexport default wrapped;\n",
  'a plugin made first, then a config by name':
    "import { createPlugin } from 'wrappers';\nconst plugin = createPlugin({ dest: 'public' });\nconst nextConfig = { trailingSlash: true };\nexport default plugin(nextConfig);\n",
  defineConfig:
    "import { defineConfig } from 'wrappers';\nexport default defineConfig({\n  trailingSlash: true,\n});\n",
  'a function':
    'module.exports = (phase, { defaultConfig }) => {\n  const nextConfig = {\n    env: { phase },\n  };\n  return nextConfig;\n};\n',
  'an async arrow function with an object': 'export default async (phase) => ({ env: { phase } });\n',
  'a named function': `export default async function config(phase: string): Promise<object> {\n  if (phase === 'x') console.log(phase);\n  return {\n    env: { phase },\n    async rewrites() {\n      return [{ source: '/a', destination: '/b' }];\n    },\n    webpack: (config: object) => {\n      if (phase) { return config; }\n      return config;\n    },\n  };\n}\n`,
  'a function under a name':
    'const config = async () => {\n  return { trailingSlash: true }\n}\nmodule.exports = config\n',
  'a declared function under a name':
    'function config() {\n  return { trailingSlash: true };\n}\nmodule.exports = config;\n',
  'an annotated arrow function': `${HEAD}const config = (phase: string): NextConfig => ({ env: { phase } });\nexport default config;\n`,
  'a list that is there': "export default { serverExternalPackages: ['pino'], trailingSlash: true };\n",
  'an empty list': 'export default { serverExternalPackages: [] };\n',
  'a list over lines':
    "export default {\n  serverExternalPackages: [\n    'pino',\n    ...(process.env.X ? ['x'] : []),\n  ],\n};\n",
  'a list under a quoted name': `export default { "serverExternalPackages": ["pino"] };\n`,
  'a list behind a spread':
    "const base = { trailingSlash: true };\nexport default { ...base, serverExternalPackages: ['pino'] };\n",
  'brackets and quotes where they mean nothing':
    "// module.exports = { }\n/* export default { */\nconst text = `} ${'`' + `{${1}`} {`;\nconst pattern = /[/}'\"]\\/{/g;\nexport default {\n  env: { text, pattern: String(pattern), half: String(4 / 2 / 1) },\n};\n",
  'a comment behind the brace': 'export default { // ours\n  trailingSlash: true,\n};\n',
  'a comment at the end of an empty object': 'export default {\n  // trailingSlash: true,\n};\n',
  tabs: 'export default {\n\ttrailingSlash: true,\n};\n',
  'four spaces': 'export default {\n    trailingSlash: true,\n};\n',
  'in parentheses': 'export default ({ trailingSlash: true });\n',
  'with use strict and a she-bang': "#!/usr/bin/env node\n'use strict';\nmodule.exports = { trailingSlash: true };\n",
  'a setting added later':
    "const nextConfig = { trailingSlash: true };\nif (process.env.X) nextConfig.output = 'standalone';\nmodule.exports = nextConfig;\n",
};

/** Runs a configuration file with functions that wrap in place of its imports. */
async function configOf(source: string): Promise<Record<string, any>> {
  const { code } = transformSync(source, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
    isModule: /^\s*(?:import|export)\b/m.test(source) ? true : 'commonjs',
    swcrc: false,
  } as never);
  const wrap = (config: object) => ({ ...config, wrapped: true });
  const make = () => wrap;
  const known: Record<string, unknown> = {
    'node:path': { default: require('node:path'), join: require('node:path').join },
    '@next/mdx': make,
    wrappers: {
      withA: wrap,
      withB: wrap,
      withSentryConfig: wrap,
      defineConfig: wrap,
      createPlugin: make,
      withPlugin: make,
    },
  };
  const module = { exports: {} as any };
  const context = {
    module,
    exports: module.exports,
    require: (name: string) => known[name],
    process: { env: {} },
    console,
  };
  runInNewContext(code.replace(/^#!.*/, ''), context);
  const exported = module.exports.default ?? module.exports;
  return typeof exported === 'function' ? await exported('build', { defaultConfig: {} }) : exported;
}

/** The lines of b that a has not, when everything of a is in b. */
function inserted(a: string, b: string): string {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  expect(a.slice(start, a.length - end)).toBe('');
  return b.slice(start, b.length - end);
}

describe.each(Object.entries(SHAPES))('%s', (_name, source) => {
  const edit = addExternalPackage(source);
  const text = edit.kind === 'edited' ? edit.text : '';

  test('it is edited, by an insertion and nothing else', () => {
    expect(edit).toMatchObject({ kind: 'edited' });
    expect(inserted(source, text)).toMatch(/kafka4/);
  });

  test('what it exports has the option, and everything that it had', async () => {
    const before = await configOf(source);
    const after = await configOf(text);
    expect(after.serverExternalPackages).toEqual(['kafka4', ...(before.serverExternalPackages ?? [])]);
    const plain = (config: object) => JSON.parse(JSON.stringify({ ...config, serverExternalPackages: null }));
    expect(plain(after)).toEqual(plain(before));
  });

  test('a second edit finds it done', () => {
    expect(addExternalPackage(text)).toEqual({ kind: 'same' });
  });

  test('with CRLF and a byte order mark it stays so', () => {
    const windows = `\ufeff${source.replace(/\n/g, '\r\n')}`;
    const edited = addExternalPackage(windows);
    expect(edited).toMatchObject({ kind: 'edited', text: `\ufeff${text.replace(/\n/g, '\r\n')}` });
  });
});

test.each([
  [
    'the layout of create-next-app',
    SHAPES['create-next-app, TypeScript']!.replace("'next'", '"next"'),
    'const nextConfig: NextConfig = {\n  serverExternalPackages: ["kafka4"],\n  /* config options here */\n};',
  ],
  ['an empty object', 'module.exports = {}\n', "module.exports = { serverExternalPackages: ['kafka4'] }\n"],
  ['one line', 'export default { a: 1 };', "export default { serverExternalPackages: ['kafka4'], a: 1 };"],
  ['one line, tight', 'export default {a:1};', "export default { serverExternalPackages: ['kafka4'], a:1};"],
  [
    'a list',
    'export default { serverExternalPackages: ["a"] };',
    'export default { serverExternalPackages: ["kafka4", "a"] };',
  ],
  [
    'a list over lines',
    "export default {\n  serverExternalPackages: [\n    'a',\n  ],\n};",
    "export default {\n  serverExternalPackages: [\n    'kafka4',\n    'a',\n  ],\n};",
  ],
  ['tabs', 'export default {\n\ta: 1,\n};', "export default {\n\tserverExternalPackages: ['kafka4'],\n\ta: 1,\n};"],
  [
    'a comment behind the brace',
    'export default { // ours\n    a: 1,\n};',
    "export default { // ours\n    serverExternalPackages: ['kafka4'],\n    a: 1,\n};",
  ],
])('%s looks as if it had been written so', (_name, source, expected) => {
  const edit = addExternalPackage(source);
  expect(edit.kind === 'edited' && edit.text).toContain(expected);
});

test.each([
  ['an import', "export { default } from './base.config';\n", /no "export default"/],
  [
    'an object of another file',
    "import nextConfig from './base.config';\nexport default nextConfig;\n",
    /not declared in this file/,
  ],
  ['a spread', 'const base = {};\nexport default { ...base, a: 1 };\n', /options of another one/],
  ['a computed name', "export default { ['server' + 'ExternalPackages']: [] };\n", /computed/],
  [
    'a list that is made',
    'const list = [];\nexport default { serverExternalPackages: list };\n',
    /not a list that is written out/,
  ],
  [
    'a list that is joined',
    "export default { serverExternalPackages: ['a'].concat(more) };\n",
    /not a list that is written out/,
  ],
  [
    'a shorthand',
    'const serverExternalPackages = [];\nexport default { serverExternalPackages };\n',
    /not a list|more than one place/,
  ],
  [
    'an assignment besides',
    'const c = {};\nc.serverExternalPackages = [];\nexport default c;\n',
    /more than one place/,
  ],
  ['a choice', 'const a = {};\nexport default process.env.X ? a : {};\n', /not written out|more than one part/],
  [
    'a name that is a choice',
    'const a = process.env.X ? {} : {};\nexport default a;\n',
    /not written out|more than one part/,
  ],
  ['a choice of two objects', 'export default x ? {} : {};\n', /more than one part|not declared/],
  ['an object with something behind', 'export default {}.x;\n', /more than one part/],
  ['an object and a default', 'const a = {} || {};\nmodule.exports = a;\n', /more than one part/],
  [
    'two returns',
    'export default (phase) => {\n  if (phase) return { a: 1 };\n  return {};\n};\n',
    /different objects/,
  ],
  ['no return', 'export default () => {};\n', /returns nothing/],
  ['two exports', 'module.exports = {};\nmodule.exports = {};\n', /more than one place/],
  ['an export in a branch', 'if (x) { module.exports = {}; }\n', /no "export default"/],
  ['a second value of the name', 'let c = {};\nc = { a: 1 };\nexport default c;\n', /assigned more than once/],
  ['a spread behind the list', 'export default { serverExternalPackages: [], ...base };\n', /options of another one/],
  [
    'options of a function that makes one',
    'const o = { a: 1 };\nexport default buildConfig(o);\n',
    /not certain that buildConfig/,
  ],
  ['an unknown function with an object', 'export default build({ a: 1 });\n', /not certain that build\(\)/],
  ['a list of plugins first', 'module.exports = withPlugins([[mdx]], { a: 1 });\n', /begins with \[/],
  ['Object.assign', 'module.exports = Object.assign({}, base);\n', /not certain that assign\(\)/],
  ['a chain of calls', 'module.exports = plugins.reduce((c, f) => f(c), nextConfig);\n', /not certain|declared/],
  ['await', "export default await load('./x');\n", /more than one part|not declared|not certain/],
  ['a class', 'export default class {}\n', /not declared|more than one part/],
  ['a circle of names', 'const a = b;\nconst b = a;\nexport default a;\n', /too many names/],
  ['a bracket that is open', 'export default { a: [1 };\n', /bracket/],
  ['a string that is open', "export default { a: 'x };\n", /string is not closed/],
  ['nothing', '', /no "export default"/],
  ['a comment only', '// export default {}\n', /no "export default"/],
])('%s is left alone, with the reason', (_name, source, reason) => {
  const edit = addExternalPackage(source);
  expect(edit).toMatchObject({ kind: 'unsure' });
  expect(edit.kind === 'unsure' && edit.reason).toMatch(reason);
});

test.each([
  ["module.exports = { serverExternalPackages: ['a', 'kafka4'] };"],
  ['export default {\n  "serverExternalPackages": [\n    "kafka4", // native\n  ],\n};'],
])('%s has it already', (source) => {
  expect(addExternalPackage(source)).toEqual({ kind: 'same' });
});

test('a name that only begins like it is another package', () => {
  const edit = addExternalPackage("export default { serverExternalPackages: ['kafka4-testing'] };");
  expect(edit).toMatchObject({ kind: 'edited' });
});

test('any prefix of a configuration is edited into something that runs, or left alone', async () => {
  // Files that end anywhere, as an editor may leave them: nothing may throw, and no edit may make a file that is broken.
  const whole = Object.values(SHAPES);
  for (const source of whole) {
    for (let length = 0; length < source.length; length += 1) {
      const edit = addExternalPackage(source.slice(0, length));
      if (edit.kind !== 'edited') continue;
      expect(addExternalPackage(edit.text)).toEqual({ kind: 'same' });
    }
  }
});
