// The brokers that tests use: what they offer, and that none of them survives its test.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestBroker } from '../../tools/broker/testing.mjs';
import { isAlive, PROJECT } from './cli';

jest.setTimeout(120_000);

let broker: TestBroker;
beforeAll(async () => {
  const { startTestBroker } = await import('../../tools/broker/testing.mjs');
  broker = await startTestBroker({ listeners: ['SASL_PLAINTEXT', 'SSL', 'SASL_SSL', 'MTLS'], projectTopics: true });
});
afterAll(() => broker?.stop());

test("Kafka's own tools see the five topics with their retention", async () => {
  const described = await broker.exec('TopicCommand', ['--describe']);
  const lines = described.split('\n').filter((line) => line.includes('TopicId'));
  const found = lines.map((line) => {
    const [, name, partitions] = /Topic: (\S+).*PartitionCount: (\d+)/.exec(line) ?? [];
    return [name, Number(partitions), Number(/retention\.ms=(\d+)/.exec(line)?.[1]) / 86_400_000];
  });
  expect(found.sort()).toEqual([
    ['analytics-events', 12, 30],
    ['chat-events', 8, 1],
    ['course-events', 4, 30],
    ['notification-events', 3, 3],
    ['user-events', 6, 7],
  ]);
});

test('data survives kill -9 and a restart on the same port', async () => {
  await broker.exec('ConsoleProducer', ['--topic', 'user-events'], 'one\ntwo\n');
  const first = broker.pid;
  await broker.kill9();
  expect(broker.running).toBe(false);
  expect(isAlive(first)).toBe(false);
  await broker.restart();
  expect(broker.pid).not.toBe(first);
  const read = ['--topic', 'user-events', '--from-beginning', '--max-messages', '2', '--timeout-ms', '15000'];
  const lines = (await broker.exec('ConsoleConsumer', read)).trim().split('\n');
  expect(lines.sort()).toEqual(['one', 'two']);
});

test('listeners with SASL and TLS answer on their own addresses, and the PEM files are there', () => {
  expect(Object.keys(broker.endpoints).sort()).toEqual(['MTLS', 'PLAINTEXT', 'SASL_PLAINTEXT', 'SASL_SSL', 'SSL']);
  const { keyPassword, ...files } = broker.tls!;
  expect(keyPassword).not.toBe('');
  for (const file of Object.values(files)) expect(readFileSync(file, 'utf8')).toContain('-----BEGIN');
});

test.each(['SIGKILL', 'end'])('no JVM and no folder survive a test process that goes by %s', async (how) => {
  const script = `
    const { startTestBroker } = await import('./tools/broker/testing.mjs')
    const broker = await startTestBroker()
    console.log(JSON.stringify({ pid: broker.pid, dir: broker.dir }))
    if (${JSON.stringify(how)} === 'SIGKILL') process.kill(process.pid, 'SIGKILL')
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  await new Promise((resolve) => child.on('close', resolve));
  const { pid, dir } = JSON.parse(out);
  const until = Date.now() + 20_000;
  while ((isAlive(pid) || existsSync(dir)) && Date.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect({ alive: isAlive(pid), folder: existsSync(dir) }).toEqual({ alive: false, folder: false });
});

test('the fixture of partitions is the one that the generator of this version writes', () => {
  const fixture = JSON.parse(readFileSync(join(PROJECT, '__test__', 'fixtures', 'murmur2-partitions.json'), 'utf8'));
  expect(fixture.keys.length).toBeGreaterThanOrEqual(60);
  for (const key of fixture.keys) {
    const expected = fixture.partitionCounts.map((count: number) => (key.murmur2 & 0x7fffffff) % count);
    expect(key.partitions).toEqual(expected);
  }
});
