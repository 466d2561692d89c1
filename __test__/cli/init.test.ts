// `kafka4 init` over apps of every kind: what is written where, what is kept, and that a second run changes nothing.

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { parse } from 'yaml';
import { filesOf, init, javascriptApp, makeApp, nextApp, ROOT, read, statuses } from './apps';

const NODE_IMPORT = /from '([^']+)';/;

describe('a new Next.js app', () => {
  test('everything is written, and the configuration is edited', () => {
    const root = makeApp(nextApp());
    const result = init(root);
    expect(statuses(result)).toEqual({
      'lib/kafka/index.ts': 'created',
      'instrumentation.ts': 'created',
      'instrumentation-node.ts': 'created',
      'compose.yaml': 'created',
      '.env.example': 'created',
      'next.config.ts': 'edited',
    });
    expect(result).toMatchObject({ changed: true, exitCode: 0, kafkaImport: '@/lib/kafka' });
    expect(read(root, 'next.config.ts')).toContain('\n  serverExternalPackages: ["kafka4"],\n  /* config options');
    expect(read(root, 'instrumentation-node.ts')).toContain("} from '@/lib/kafka';");
  });

  test('a second run changes nothing and says so', () => {
    const root = makeApp(nextApp());
    init(root);
    const before = filesOf(root);
    const result = init(root);
    expect(new Set(Object.values(statuses(result)))).toEqual(new Set(['unchanged']));
    expect(result).toMatchObject({ changed: false, exitCode: 0 });
    expect(filesOf(root)).toEqual(before);
  });

  test('so does one over files that git has given other line ends', () => {
    const root = makeApp(nextApp());
    init(root);
    for (const [path, text] of Object.entries(filesOf(root))) {
      writeFileSync(join(root, path), text.replace(/\n/g, '\r\n'));
    }
    expect(init(root)).toMatchObject({ changed: false, exitCode: 0 });
    expect(init(root, { force: true })).toMatchObject({ changed: false });
  });

  test('a dry run tells the same and writes nothing', () => {
    const root = makeApp(nextApp());
    const before = filesOf(root);
    const planned = init(root, { dryRun: true });
    expect(filesOf(root)).toEqual(before);
    expect(statuses(planned)).toEqual(statuses(init(root)));
  });

  test('the guard is a block with the import inside', () => {
    const root = makeApp(nextApp());
    init(root);
    expect(read(root, 'instrumentation.ts')).toMatch(
      /if \(process\.env\.NEXT_RUNTIME === 'nodejs'\) \{\n\s+const \{ start \} = await import\('\.\/instrumentation-node'\);/,
    );
  });

  test('compose.yaml has the services of the package under no fixed name, .env.example every variable', () => {
    const root = makeApp(nextApp());
    init(root);
    const shipped = parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'));
    const written = parse(read(root, 'compose.yaml')!);
    expect(written).toEqual({ services: shipped.services, volumes: shipped.volumes });
    const variables = (text: string) => [...text.matchAll(/^(?:# )?(KAFKA_\w+)=/gm)].map(([, name]) => name);
    expect(variables(read(root, '.env.example')!)).toEqual(
      variables(readFileSync(join(ROOT, '.env.example'), 'utf8')).filter((name) => !name!.startsWith('KAFKA4_')),
    );
    // Commands of this repository alone are of no use in an app.
    for (const path of ['compose.yaml', '.env.example']) expect(read(root, path)).not.toMatch(/npm run|KAFKA4_BROKER/);
  });

  test('no temporary file is left', () => {
    const root = makeApp(nextApp());
    init(root);
    expect(Object.keys(filesOf(root)).filter((path) => path.includes('.tmp'))).toEqual([]);
  });
});

describe('where the app lives, and what its imports look like', () => {
  const inSrc = { 'app/page.tsx': '', 'src/app/page.tsx': 'export default () => null;\n' };
  const withoutApp = (files: Record<string, string>) =>
    Object.fromEntries(Object.entries(files).filter(([, text]) => text !== ''));

  test.each([
    ['@/* to src', '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }', '@/lib/kafka'],
    ['~/* to src', '{ "compilerOptions": { "baseUrl": ".", "paths": { "~/*": ["src/*"] } } }', '~/lib/kafka'],
    [
      'with comments',
      '{\n  // "paths": {}\n  "compilerOptions": { /* ours */ "paths": { "@/*": ["./src/*",], }, },\n}',
      '@/lib/kafka',
    ],
    ['with a byte order mark', '\ufeff{ "compilerOptions": { "paths": { "#/*": ["./src/*"] } } }', '#/lib/kafka'],
    ['no alias', '{ "compilerOptions": {} }', './lib/kafka'],
    [
      'an alias of another folder',
      '{ "compilerOptions": { "paths": { "@/*": ["./src/components/*"] } } }',
      './lib/kafka',
    ],
    ['a broken tsconfig', '{ "compilerOptions": ', './lib/kafka'],
  ])('src/, %s', (_name, tsconfig, expected) => {
    const root = makeApp(withoutApp({ ...nextApp({ 'tsconfig.json': tsconfig }), ...inSrc }));
    const result = init(root);
    expect(Object.keys(statuses(result))).toEqual(
      expect.arrayContaining([
        'src/lib/kafka/index.ts',
        'src/instrumentation.ts',
        'src/instrumentation-node.ts',
        'compose.yaml',
      ]),
    );
    expect(result.kafkaImport).toBe(expected);
    expect(NODE_IMPORT.exec(read(root, 'src/instrumentation-node.ts')!)?.[1]).toBe(expected);
  });

  test('app/ at the root wins over src/app, as in Next.js', () => {
    const root = makeApp(nextApp({ 'src/app/page.tsx': '' }));
    expect(Object.keys(statuses(init(root)))).toContain('instrumentation.ts');
  });

  test('src/ without app or pages is not where the app lives', () => {
    const root = makeApp(nextApp({ 'src/components/a.tsx': '' }));
    expect(Object.keys(statuses(init(root)))).toContain('lib/kafka/index.ts');
  });
});

describe('a JavaScript app', () => {
  test('gets JavaScript, without types', () => {
    const root = makeApp(javascriptApp({ 'jsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }' }));
    const result = init(root);
    expect(Object.keys(statuses(result))).toEqual([
      'lib/kafka/index.js',
      'instrumentation.js',
      'instrumentation-node.js',
      'compose.yaml',
      '.env.example',
      'next.config.js',
    ]);
    expect(result.kafkaImport).toBe('@/lib/kafka');
    for (const path of ['lib/kafka/index.js', 'instrumentation.js', 'instrumentation-node.js']) {
      const parsed = () =>
        transformSync(read(root, path)!, { jsc: { parser: { syntax: 'ecmascript' } }, swcrc: false });
      expect(parsed).not.toThrow();
    }
  });

  test('without a next.config it gets one', () => {
    const { 'next.config.js': _, ...files } = javascriptApp();
    const root = makeApp(files);
    expect(statuses(init(root))['next.config.mjs']).toBe('created');
    expect(read(root, 'next.config.mjs')).toContain("serverExternalPackages: ['kafka4'],");
    expect(init(root)).toMatchObject({ changed: false, exitCode: 0 });
  });
});

describe('an app without Next.js', () => {
  test.each([
    ['CommonJS', { 'package.json': '{}' }, 'lib/kafka/index.js', /module\.exports = kafka4;/],
    ['ES modules', { 'package.json': '{ "type": "module" }' }, 'lib/kafka/index.js', /export \* from 'kafka4';/],
    [
      'TypeScript in src/',
      { 'package.json': '{}', 'tsconfig.json': '{}', 'src/a.ts': '' },
      'src/lib/kafka/index.ts',
      /export \* from 'kafka4';/,
    ],
  ])('%s: only lib/kafka is written', (_name, files, path, content) => {
    const root = makeApp(files);
    const result = init(root);
    expect(statuses(result)).toEqual({ [path]: 'created' });
    expect(read(root, path)).toMatch(content);
    expect(read(root, path)).not.toContain('server-only');
    expect(init(root)).toMatchObject({ changed: false, exitCode: 0 });
  });
});

describe('files of the user', () => {
  const OWN = "export function register() {\n  console.log('ours');\n}\n";

  test('an instrumentation of its own is kept, and the lines to add are told', () => {
    const root = makeApp(nextApp({ 'instrumentation.ts': OWN }));
    const result = init(root);
    expect(read(root, 'instrumentation.ts')).toBe(OWN);
    expect(result.exitCode).toBe(3);
    const step = result.files.find(({ path }) => path === 'instrumentation.ts');
    expect(step).toMatchObject({ status: 'by-hand', note: expect.stringContaining('register()') });
    expect(step!.lines!.join('\n')).toContain("await import('./instrumentation-node')");
  });

  test('with the lines added it is done', () => {
    const root = makeApp(nextApp({ 'instrumentation.ts': OWN }));
    const { lines } = init(root).files.find(({ path }) => path === 'instrumentation.ts')!;
    writeFileSync(
      join(root, 'instrumentation.ts'),
      OWN.replace('export function', 'export async function').replace('}\n', `${lines!.join('\n')}\n}\n`),
    );
    const again = init(root);
    expect(statuses(again)['instrumentation.ts']).toBe('kept');
    expect(again).toMatchObject({ exitCode: 0, changed: false });
  });

  test('an instrumentation of another extension is found', () => {
    const root = makeApp(nextApp({ 'instrumentation.js': OWN }));
    expect(statuses(init(root))['instrumentation.js']).toBe('by-hand');
    expect(read(root, 'instrumentation.ts')).toBeUndefined();
  });

  test('topics and handlers that the user has added are kept, also after an upgrade', () => {
    const root = makeApp(nextApp());
    init(root);
    const index = `${read(root, 'lib/kafka/index.ts')}export const mine = 1;\n`;
    writeFileSync(join(root, 'lib/kafka/index.ts'), index);
    const result = init(root);
    expect(statuses(result)['lib/kafka/index.ts']).toBe('kept');
    expect(result).toMatchObject({ exitCode: 0, changed: false });
    expect(read(root, 'lib/kafka/index.ts')).toBe(index);
  });

  test('a lib/kafka that has nothing to do with kafka4 is not touched', () => {
    const root = makeApp(nextApp({ 'lib/kafka/index.ts': "export const kafka = 'franz';\n" }));
    const result = init(root);
    expect(result.files[0]).toMatchObject({
      path: 'lib/kafka/index.ts',
      status: 'by-hand',
      lines: ["export * from 'kafka4';"],
    });
    expect(result.exitCode).toBe(3);
  });

  test("--force overwrites what is the user's, and tells it", () => {
    const root = makeApp(nextApp({ 'instrumentation.ts': OWN, 'compose.yaml': 'services: {}\n' }));
    const result = init(root, { force: true });
    expect(statuses(result)).toMatchObject({
      'instrumentation.ts': 'overwritten',
      'compose.yaml': 'overwritten',
      'lib/kafka/index.ts': 'created',
    });
    expect(read(root, 'instrumentation.ts')).toContain('instrumentation-node');
    expect(init(root, { force: true })).toMatchObject({ changed: false, exitCode: 0 });
  });

  test('a compose file of another name is not hidden by a new one, not even with --force', () => {
    const root = makeApp(nextApp({ 'docker-compose.yml': 'services: {}\n' }));
    expect(statuses(init(root, { force: true }))['docker-compose.yml']).toBe('kept');
    expect(read(root, 'compose.yaml')).toBeUndefined();
  });

  test('a compose file of its own need not have Kafka: the next step names that of the package', () => {
    const own = init(makeApp(nextApp({ 'docker-compose.yml': 'services: {}\n' })));
    expect(own.next.join('\n')).toContain('docker compose -f node_modules/kafka4/compose.yaml up');
    expect(init(makeApp(nextApp())).next.join('\n')).toContain('docker compose up');
  });

  test('a file lib/kafka.ts, which would hide lib/kafka/index.ts, is kept and the line to add is told', () => {
    const root = makeApp(nextApp({ 'lib/kafka.ts': 'export const kafka = 1;\n' }));
    const result = init(root);
    expect(statuses(result)['lib/kafka.ts']).toBe('by-hand');
    expect(read(root, 'lib/kafka/index.ts')).toBeUndefined();
    expect(read(root, 'lib/kafka.ts')).toBe('export const kafka = 1;\n');
    expect(result.exitCode).toBe(3);
  });

  test('a configuration that cannot be edited safely stays as it is, and the line is told', () => {
    const own = "import base from './base';\nexport default base;\n";
    const root = makeApp(nextApp({ 'next.config.ts': own }));
    const result = init(root);
    expect(read(root, 'next.config.ts')).toBe(own);
    expect(result.exitCode).toBe(3);
    expect(result.files.at(-1)).toMatchObject({
      status: 'by-hand',
      lines: ["serverExternalPackages: ['kafka4'],"],
      note: expect.stringContaining('base is not declared in this file'),
    });
  });

  test('a configuration that is no JavaScript is not made worse', () => {
    const own = 'module.exports = { a: 1, b c };\n';
    const root = makeApp(javascriptApp({ 'next.config.js': own }));
    expect(init(root).files.at(-1)).toMatchObject({
      status: 'by-hand',
      note: expect.stringContaining('could not be parsed'),
    });
    expect(read(root, 'next.config.js')).toBe(own);
  });

  test('a configuration that is not UTF-8 is left alone', () => {
    const root = makeApp(javascriptApp());
    const own = Buffer.from('module.exports = { a: "\xe9" };\n', 'latin1');
    writeFileSync(join(root, 'next.config.js'), own);
    expect(init(root).files.at(-1)).toMatchObject({ status: 'by-hand' });
    expect(readFileSync(join(root, 'next.config.js'))).toEqual(own);
  });

  test('a link stays a link, and what it leads to is edited', () => {
    const { 'next.config.js': config, ...files } = javascriptApp();
    const root = makeApp({ ...files, 'shared/next.config.js': config! });
    symlinkSync(join('shared', 'next.config.js'), join(root, 'next.config.js'));
    expect(statuses(init(root))['next.config.js']).toBe('edited');
    expect(read(root, 'shared/next.config.js')).toContain('kafka4');
  });
});

describe('versions of Next.js', () => {
  test('the installed one counts, also in a workspace above', () => {
    const root = makeApp({ 'node_modules/next/package.json': '{ "version": "15.5.29" }' });
    mkdirSync(join(root, 'apps'));
    for (const [path, text] of Object.entries(nextApp())) {
      mkdirSync(join(root, 'apps', 'web', path, '..'), { recursive: true });
      writeFileSync(join(root, 'apps', 'web', path), text);
    }
    expect(init(join(root, 'apps', 'web')).app.nextMajor).toBe(15);
  });

  test('14 has the option elsewhere: the line is told, nothing is edited', () => {
    const root = makeApp(nextApp({ 'package.json': '{ "dependencies": { "next": "^14.2.0" } }' }));
    const result = init(root);
    expect(result.exitCode).toBe(3);
    expect(result.files.at(-1)!.lines![0]).toContain("serverComponentsExternalPackages: ['kafka4']");
    expect(result.notes[0]).toContain('Next.js 14');
  });
});
