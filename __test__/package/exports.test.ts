// The conditions of browsers, the Edge runtime and workerd lead to a stub that has every name of the package and explains
// itself when one is used.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ROOT } from '../support/child';
import { json, newFolder, node, ownEnvironment, pack, unpack } from './packaging-support';

const work = newFolder();
let folder: string;
beforeAll(() => {
  const [packed] = pack(join(work.path, 'packed'), '--only', 'root');
  folder = unpack(packed!.file, work.path, 'kafka4');
});
afterAll(() => work.remove());

const CONDITIONS = ['browser', 'edge-light', 'workerd'];

/** Runs a program where `kafka4` is installed, with conditions as bundlers have them; gives what it prints as JSON. */
function answer(program: string, { condition, type = 'module', flags = [] }: Options): any {
  const file = join(work.path, type === 'module' ? 'program.mjs' : 'program.cjs');
  writeFileSync(file, program);
  const conditions = condition ? [`--conditions=${condition}`] : [];
  const { status, stdout, stderr } = node([...conditions, ...flags, file], work.path, ownEnvironment());
  if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

interface Options {
  condition?: string;
  type?: 'module' | 'commonjs';
  flags?: string[];
}

const NAMES = "import * as all from 'kafka4'; console.log(JSON.stringify(Object.keys(all).sort()))";

test('package.json asks for the stub first, in the order of the conditions, and gives the same types', () => {
  const { exports } = json(join(ROOT, 'package.json'));
  expect(Object.keys(exports['.'])).toEqual([...CONDITIONS, 'import', 'require']);
  for (const condition of CONDITIONS) {
    for (const way of ['import', 'require']) {
      expect(Object.keys(exports['.'][condition][way])).toEqual(['types', 'default']);
      expect(exports['.'][condition][way].types).toBe(exports['.'][way].types);
      expect(exports['.'][condition][way].default).toMatch(/^\.\/dist\/unsupported\/index\.m?js$/);
    }
  }
});

describe.each(CONDITIONS)('%s', (condition) => {
  test('has all names of the package, so that whatever is imported links, and nothing is thrown by it', () => {
    const names: string[] = answer(NAMES, { condition });
    expect(names).toContain('kafkaProducerService');
    expect(names).toEqual(answer(NAMES, {}));
    const listed = names.filter((name) => name !== 'default').join(', ');
    const program = `import kafka4, { ${listed} } from 'kafka4'; console.log(JSON.stringify(Object.keys(kafka4).length))`;
    expect(answer(program, { condition })).toBe(names.length - 1);
  });

  test('by require as well, as the same stub', () => {
    const program = `
      const required = require('kafka4');
      import('kafka4').then((imported) => {
        const same = Object.keys(required).every((name) => imported[name] === required[name]);
        console.log(JSON.stringify({ same, count: Object.keys(required).length }));
      });`;
    const { same, count } = answer(program, { condition, type: 'commonjs' });
    expect(same).toBe(true);
    expect(count).toBeGreaterThan(30);
  });
});

test('whatever is used throws the same error, and constants are what they are', () => {
  const program = `
    const stub = require('kafka4');
    const real = require(${JSON.stringify(join(folder, 'dist', 'index.js'))});
    const use = (name) => {
      const value = real[name];
      if (typeof value === 'function') return /^class/.test(String(value)) ? new stub[name]() : stub[name]();
      if (Object.getPrototypeOf(value) === Object.prototype) {
        // Data is data; what holds functions explains itself when one is taken.
        return JSON.stringify(stub[name]) === JSON.stringify(value) || stub[name][Object.keys(value)[0]];
      }
      const member = Object.getOwnPropertyNames(Object.getPrototypeOf(value)).find((each) => each !== 'constructor');
      return stub[name][member];
    };
    const found = Object.keys(real).map((name) => {
      if (real[name] === real.Kafka4Error || real[name].prototype instanceof real.Kafka4Error) {
        return [name, new stub[name]('ERR_X', 'text', []) instanceof stub.Kafka4Error ? 'an error class' : 'wrong'];
      }
      try {
        return [name, use(name) === true ? 'data' : 'nothing was thrown'];
      } catch (error) {
        const good = error instanceof stub.Kafka4Error && error instanceof stub.KafkaNotSupportedError && error.details.name.includes(name);
        return [name, good ? error.code : String(error)];
      }
    });
    console.log(JSON.stringify(found));`;
  const found: [string, string][] = answer(program, { condition: 'browser', type: 'commonjs' });
  const kinds = Object.fromEntries(found);
  expect(kinds.KAFKA_TOPICS).toBe('data');
  expect(kinds.KafkaTimeoutError).toBe('an error class');
  for (const name of [
    'initializeKafka4',
    'KafkaProducerService',
    'kafkaProducerService',
    'kafkaConfig',
    'checkKafkaHealth',
  ]) {
    expect([name, kinds[name]]).toEqual([name, 'ERR_KAFKA_UNSUPPORTED_RUNTIME']);
  }
  const others = found.filter(
    ([, kind]) => !['data', 'an error class', 'ERR_KAFKA_UNSUPPORTED_RUNTIME'].includes(kind),
  );
  expect(others).toEqual([]);
});

test('setting and deleting throw, too; what consoles, await and hot reload look at does not', () => {
  const program = `
    const { kafkaConfig, kafkaProducerService, KafkaProducerService, initializeKafka4, KafkaTimeoutError } = require('kafka4');
    const { inspect } = require('node:util');
    const tried = (run) => { try { run(); return 'nothing'; } catch (error) { return error.code; } };
    class Mine extends KafkaProducerService {}
    (async () => {
      const harmless = [
        inspect(kafkaConfig), typeof (await kafkaProducerService), String(JSON.stringify(kafkaConfig)),
        typeof initializeKafka4.prototype, initializeKafka4.name, KafkaProducerService.name, KafkaProducerService.$$typeof,
        Object.prototype.toString.call(kafkaConfig), new Error('x') instanceof KafkaTimeoutError, {} instanceof KafkaProducerService,
      ];
      const thrown = [
        tried(() => { kafkaConfig.logLevel = 4; }), tried(() => { delete kafkaConfig.logLevel; }), tried(() => new Mine()),
      ];
      console.log(JSON.stringify({ harmless: harmless.length, thrown }));
    })();`;
  expect(answer(program, { condition: 'browser', type: 'commonjs' })).toEqual({
    harmless: 10,
    thrown: Array(3).fill('ERR_KAFKA_UNSUPPORTED_RUNTIME'),
  });
});

test.each([
  ['the Edge runtime', "globalThis.EdgeRuntime = 'edge-runtime';", "export const runtime = 'nodejs'"],
  [
    'Cloudflare Workers',
    "delete globalThis.process; Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Cloudflare-Workers' } });",
    'Node.js',
  ],
  ['a browser', 'delete globalThis.process; globalThis.window = globalThis;', 'route handlers and server actions'],
  ['a runtime without Node.js', 'delete globalThis.process;', "export const runtime = 'nodejs'"],
  ["Node.js, but with a bundler's or test runner's conditions for browsers", '', '@jest-environment node'],
])('the text names the runtime and what to do: %s', (runtime, pretend, advice) => {
  const program = `
    const { initializeKafka4 } = require('kafka4');
    const { log } = console;
    ${pretend}
    try { initializeKafka4(); } catch (error) { log(JSON.stringify({ ...error.details, message: error.message })); }`;
  const told = answer(program, { condition: 'browser', type: 'commonjs' });
  expect(told).toMatchObject({ name: 'initializeKafka4', runtime });
  expect(told.message).toContain(`(initializeKafka4) in ${runtime}, where it cannot run`);
  expect(told.message).toContain(advice);
});

test('the stub needs nothing of Node and no addon: a bundle for browsers has neither', () => {
  const seen = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const imports = readFileSync(file, 'utf8').matchAll(/\b(?:require\(|from |import )["']([^"']+)["']/g);
    for (const [, from] of imports) {
      expect(from).toMatch(/^\.\.?\//);
      walk(resolve(dirname(file), from!));
    }
  };
  walk(join(folder, 'dist', 'unsupported', 'index.mjs'));
  expect([...seen].map((file) => file.slice(folder.length + 1)).sort()).toEqual([
    'dist/kafka/errors.js',
    'dist/unsupported/index.js',
    'dist/unsupported/index.mjs',
    'dist/unsupported/runtime.js',
  ]);
});
