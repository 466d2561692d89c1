// `kafka4 doctor`, in a process of its own: what it loads must also let go.

import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { linked } from '@/lib/cli/doctor';
import { plainEnvironment, ROOT } from '../support/child';

function doctor(args: string[], env: Record<string, string> = {}) {
  const run = spawnSync(process.execPath, [join(ROOT, 'dist', 'cli', 'index.js'), 'doctor', ...args], {
    // Under a test runner kafka4 keeps no process alive, and this one would end before it has answered.
    env: plainEnvironment(env),
    encoding: 'utf8',
    // It ends by itself: this is the bound of a test that has failed.
    timeout: 60_000,
  });
  expect(run.signal).toBeNull();
  return run;
}

const checkOf = (text: string, name: string) =>
  JSON.parse(text).checks.find((check: { name: string }) => check.name === name);

test('it tells versions, platform and codecs, and tries no connection without KAFKA_BROKER', () => {
  const { status, stdout, stderr } = doctor([]);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(new RegExp(`ok +platform +${process.platform}-${process.arch}`));
  expect(stdout).toMatch(/ok +librdkafka +2\.\d+\.\d+/);
  expect(stdout).toMatch(/ok +features +gzip, snappy, lz4, zstd, TLS/);
  expect(stdout).toContain('no connection was tried');
});

test('a broker that answers is told with its time', () => {
  const { status, stdout } = doctor(['--json'], { KAFKA_BROKER: 'embedded:3' });
  expect(status).toBe(0);
  expect(checkOf(stdout, 'broker')).toMatchObject({
    ok: true,
    value: expect.stringMatching(/answered in \d+ ms: 3 brokers/),
  });
});

test('one that does not is told with the reason, and exit code 1', async () => {
  // A port of which is certain that nobody listens on it.
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const { status, stdout } = doctor(['--json'], { KAFKA_BROKER: `127.0.0.1:${port}`, KAFKA_RETRY_ATTEMPTS: '2' });
  expect(status).toBe(1);
  expect(checkOf(stdout, 'broker')).toMatchObject({
    ok: false,
    value: expect.stringMatching(/ERR_KAFKA_CONNECTION_FAILED.*refused/),
  });
});

test('settings that cannot be used are told', () => {
  const { status, stdout } = doctor(['--json'], { KAFKA_BROKER: 'embedded', KAFKA_TIMEOUT: 'soon' });
  expect(status).toBe(1);
  expect(checkOf(stdout, 'broker').value).toContain('KAFKA_TIMEOUT');
});

test('a missing codec fails', () => {
  const checks = linked('2.15.1 (gzip,snappy,ssl,lz4,sasl_scram,sasl_oauthbearer)');
  expect(checks).toEqual([
    { name: 'librdkafka', value: '2.15.1', ok: true },
    { name: 'features', value: 'gzip, snappy, lz4, TLS, SCRAM, OAUTHBEARER; missing: zstd', ok: false },
  ]);
});
