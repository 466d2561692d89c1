// kafka:test and the quickstart on a real broker: everything passes, over TLS with a password, too; what they have made
// for themselves is gone afterwards; what is wrong with a broker is found.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Ajv from 'ajv';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { ROOT, type Tool, toolEnvironment } from './tool-process';

jest.setTimeout(180_000);

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({ listeners: ['SASL_SSL'] });
});
afterAll(() => broker?.stop());

/** The tool as it is, except that it builds nothing. */
function run(tool: Tool, env: Record<string, string>): Promise<{ code: number | null; report: any; stderr: string }> {
  const url = (name: string) => JSON.stringify(pathToFileURL(join(ROOT, 'tools', name)).href);
  const program = `
    import { main } from ${url(`${tool}/run.mjs`)};
    import { finish } from ${url('terminal/exit.mjs')};
    const plan = { seconds: 1, perSecond: 500, batches: 2, batchSize: 5_000, transactions: 3 };
    finish(await main({ argv: ['--json'], prepare: async () => {}, load: () => import('kafka4'), plan }));`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: ROOT,
      env: toolEnvironment({ KAFKA_TIMEOUT: '30000', ...env }),
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      const schema = JSON.parse(readFileSync(join(ROOT, 'tools', tool, 'report.schema.json'), 'utf8'));
      const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
      const report = JSON.parse(stdout);
      validate(report);
      expect(validate.errors ?? []).toEqual([]);
      resolve({ code, report, stderr });
    });
  });
}

const notPassed = (report: any) => report.checks.filter(({ state }: any) => state !== 'pass');

test('kafka:test passes on a fresh broker and leaves only the declared topics behind', async () => {
  const { code, report } = await run('kafka-test', { KAFKA_BROKER: broker.brokers });
  expect(notPassed(report)).toEqual([]);
  expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
  expect(report.cluster.brokers).toHaveLength(1);
  const topics = (await broker.exec('TopicCommand', ['--list']))
    .split('\n')
    .filter((name) => name && !name.startsWith('__'));
  expect(topics.sort()).toEqual([
    'analytics-events',
    'chat-events',
    'course-events',
    'notification-events',
    'user-events',
  ]);
});

test('kafka:test passes over TLS with a password', async () => {
  const { code, report } = await run('kafka-test', {
    KAFKA_BROKER: broker.endpoints.SASL_SSL!,
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: 'alice',
    KAFKA_SASL_PASSWORD: 'alice-secret',
    KAFKA_SSL_CA_LOCATION: broker.tls!.ca,
  });
  expect(notPassed(report)).toEqual([]);
  expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
});

test('kafka:test tells a wrong password, and the secret nowhere', async () => {
  const { code, report, stderr } = await run('kafka-test', {
    KAFKA_BROKER: broker.endpoints.SASL_SSL!,
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_USERNAME: 'alice',
    KAFKA_SASL_PASSWORD: 'no-such-secret',
    KAFKA_SSL_CA_LOCATION: broker.tls!.ca,
  });
  expect(code).toBe(1);
  expect(report.checks[0]).toMatchObject({ id: 'connectivity', state: 'fail' });
  expect(report.checks[0].detail.join()).toMatch('ERR_KAFKA_AUTHENTICATION');
  expect(JSON.stringify(report) + stderr).not.toMatch('no-such-secret');
});

test('the quickstart gets every event back', async () => {
  const { code, report } = await run('quickstart', { KAFKA_BROKER: broker.brokers });
  expect({ code, failures: report.failures }).toEqual({ code: 0, failures: [] });
  for (const { sent, received } of report.topics) expect(received).toBe(sent);
});
