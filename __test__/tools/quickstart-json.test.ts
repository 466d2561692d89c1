// --json of the quickstart and of kafka:test: one document of the promised shape, alone on standard output, however
// the run ends; and what the options say of themselves.

import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Ajv, { type ValidateFunction } from 'ajv';
import { begin, type Ended, ROOT, run, type Tool } from './tool-process';

const WITHIN = 30_000;

let server: Server;
let KAFKA_BROKER: string;
const validators = new Map<Tool, ValidateFunction>();

beforeAll(async () => {
  // Something that listens: kafka:test looks whether anything does before it loads the package.
  server = createServer((socket) => socket.destroy());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  KAFKA_BROKER = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const tool of ['quickstart', 'kafka-test'] as const) {
    const schema = JSON.parse(readFileSync(join(ROOT, 'tools', tool, 'report.schema.json'), 'utf8'));
    validators.set(tool, new Ajv({ allErrors: true, allowUnionTypes: true, strict: true }).compile(schema));
  }
});
afterAll(() => new Promise<void>((done) => void server.close(() => done())));

/** The document, after it has been checked against its schema. */
function documentOf(tool: Tool, { stdout }: Ended): any {
  const document = JSON.parse(stdout);
  const validate = validators.get(tool)!;
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document;
}

describe('--json', () => {
  it(
    'of a quickstart that succeeds; the steps go to standard error',
    async () => {
      const ended = await run('quickstart', {}, ['--json']);
      expect(documentOf('quickstart', ended)).toMatchObject({ ok: true, tool: 'quickstart', failures: [] });
      expect(ended.code).toBe(0);
      expect(ended.stderr).toMatch(/^ok {4}Clean up/m);
      expect(ended.stderr).not.toMatch(/\u001b/);
    },
    WITHIN,
  );

  it.each([
    ['corrupt', {}, 1, { failures: [expect.stringMatching(/^analytics-events: event \d+ came as /)] }],
    ['refuse', {}, 1, { batch: null, health: null, failures: [expect.stringContaining('10.0.0.1')] }],
    ['', { KAFKA_BROKER: 'localhost:1' }, 1, { broker: 'localhost:1', status: null, metrics: null }],
  ])(
    'of a quickstart that fails (%s %j)',
    async (fault, env, code, expected) => {
      const ended = await run('quickstart', { FAKE: fault, FAKE_AT: '2000', ...env }, ['--json']);
      expect(ended.code).toBe(code);
      expect(documentOf('quickstart', ended)).toMatchObject({ ok: false, ...expected });
      expect(ended.stderr).toMatch('The quickstart failed');
    },
    WITHIN,
  );

  it.each([
    ['', 0, true, []],
    ['topics', 1, false, ['topics']],
  ])(
    'of kafka:test (%s)',
    async (fault, code, ok, failing) => {
      const ended = await run('kafka-test', { KAFKA_BROKER, FAKE: fault }, ['--json']);
      const document = documentOf('kafka-test', ended);
      expect(ended.code).toBe(code);
      expect(document).toMatchObject({ ok, broker: KAFKA_BROKER, errors: [] });
      expect(document.checks).toHaveLength(11);
      const wrong = document.checks.filter(({ state }: any) => state !== 'pass').map(({ id }: any) => id);
      expect(wrong).toEqual(failing);
      expect(ended.stderr).toMatch(/^ ✔ {2}Connectivity/m);
      expect(ended.stderr).toMatch(/of 11 checks passed in/);
    },
    WITHIN,
  );

  it.each([
    ['localhost:1', 'No broker answers:'],
    ['embedded', 'an embedded broker lives inside the program'],
    ['localhost:x', 'KAFKA_BROKER is localhost:x: expected host:port'],
  ])(
    'of kafka:test without a broker to check (%s)',
    async (broker, reason) => {
      const ended = await run('kafka-test', { KAFKA_BROKER: broker }, ['--json']);
      expect(ended.code).toBe(1);
      expect(documentOf('kafka-test', ended)).toMatchObject({ ok: false, checks: [], cluster: null });
      expect(ended.stdout).toMatch(reason);
      expect(ended.stderr).toMatch('npm run kafka:start');
    },
    WITHIN,
  );

  it.each(['quickstart', 'kafka-test'] as const)(
    'of an interrupted %s',
    async (tool) => {
      const env: Record<string, string> = tool === 'kafka-test' ? { KAFKA_BROKER } : {};
      const { child, end, so } = begin(tool, { FAKE: 'hang', ...env }, ['--json']);
      const started = tool === 'kafka-test' ? 'Connectivity' : 'run ';
      while (!so.stderr.includes(started)) await new Promise((done) => setTimeout(done, 20));
      child.kill('SIGINT');
      const ended = await end;
      expect(ended.code).toBe(130);
      const { ok, failures, errors } = documentOf(tool, ended);
      expect({ ok, reasons: failures ?? errors }).toEqual({ ok: false, reasons: ['interrupted'] });
    },
    WITHIN,
  );
});

describe('options', () => {
  it.each([
    ['quickstart', '--help', 'Usage: npm run quickstart [-- [--json]]'],
    ['kafka-test', '-h', 'Usage: npm run kafka:test [-- [--json]]'],
  ] as const)(
    '%s %s tells them, the variables and the exit codes',
    async (tool, flag, usage) => {
      const { code, stdout, stderr } = await run(tool, { KAFKA_BROKER: 'localhost:1' }, [flag]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const part of [usage, '--json', 'KAFKA_BROKER', 'Exit codes:', '130']) expect(stdout).toContain(part);
    },
    WITHIN,
  );

  it.each([
    ['quickstart', '--jsn', 'npm run quickstart: unknown option --jsn; did you mean --json?'],
    ['kafka-test', 'all', 'npm run kafka:test: unknown argument all'],
  ] as const)(
    '%s refuses %s',
    async (tool, flag, message) => {
      const { code, stdout, stderr } = await run(tool, {}, [flag]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr.split('\n')[0]).toBe(message);
      expect(stderr).toMatch('--help');
    },
    WITHIN,
  );
});
