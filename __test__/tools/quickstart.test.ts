// The quickstart and kafka:test as commands: what they print and how they end, on services that are a fake
// (quickstart-fake.mjs). Each runs in a process of its own, since its exit code is part of what it promises.

import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { begin, run } from './tool-process';

const WITHIN = 30_000;

describe('quickstart', () => {
  it(
    'sends every kind of event, sees all of them again and reports it in plain lines',
    async () => {
      const { code, stdout, stderr } = await run('quickstart', {});
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toMatch(/\u001b/);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
      for (const part of ['Events', 'Latency', 'Throughput', 'Health', 'Metrics'])
        expect(stdout).toMatch(`\n${part}\n`);
      expect(stdout).toMatch(/^ok {4}Receive and verify .* events as sent, in order$/m);
      expect(stdout).toMatch(/✔ [\d,]+ events of five kinds went through Kafka and back/);
    },
    WITHIN,
  );

  it(
    'prints one JSON object with --json',
    async () => {
      const { code, stdout } = await run('quickstart', {}, ['--json']);
      const report = JSON.parse(stdout);
      expect(code).toBe(0);
      expect(report).toMatchObject({ ok: true, broker: 'embedded', health: true, failures: [] });
      expect(report.batch.messages).toBe(4_000);
      expect(report.transaction).toMatchObject({ committed: 3, messages: 6 });
      expect(report.latency.acknowledgement.p50).toBeGreaterThan(0);
      expect(report.topics.map(({ topic }: any) => topic)).toEqual([
        'user-events',
        'course-events',
        'notification-events',
        'chat-events',
        'analytics-events',
      ]);
      for (const { sent, acknowledged, received, duplicates } of report.topics) {
        expect(sent).toBeGreaterThan(0);
        expect({ acknowledged, received, duplicates }).toEqual({ acknowledged: sent, received: sent, duplicates: 0 });
      }
    },
    WITHIN,
  );

  it(
    'fails when an event comes otherwise than it was sent',
    async () => {
      const { code, stderr, stdout } = await run('quickstart', { FAKE: 'corrupt', FAKE_AT: '2000' });
      expect(code).toBe(1);
      expect(stdout).toMatch(/^FAIL {2}Receive and verify/m);
      expect(stderr).toMatch(/analytics-events: event \d+ came as /);
    },
    WITHIN,
  );

  it(
    'tells what to do when the broker cannot be reached, without a stack',
    async () => {
      const { code, stderr } = await run('quickstart', { KAFKA_BROKER: 'localhost:1' });
      expect(code).toBe(1);
      expect(stderr).toMatch('localhost:1: connection refused');
      expect(stderr).toMatch('npm run kafka:start');
      expect(stderr).not.toMatch(/\n\s+at /);
    },
    WITHIN,
  );

  it(
    'passes on why the package refuses',
    async () => {
      const { code, stderr, stdout } = await run('quickstart', { FAKE: 'refuse' }, ['--json']);
      expect(code).toBe(1);
      expect(stderr).toMatch('none of the brokers could be reached: 10.0.0.1:9092: timed out (CONNECTION)');
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, failures: [expect.stringContaining('10.0.0.1')] });
    },
    WITHIN,
  );

  it.each([
    ['', 'Start the handlers'],
    ['hang', ''],
  ])(
    'cleans up and exits with 130 when interrupted (%s)',
    async (fault, after) => {
      const { child, end, so } = begin('quickstart', { FAKE: fault });
      while (!so.stdout.includes('run ') || !so.stdout.includes(after))
        await new Promise((done) => setTimeout(done, 20));
      child.kill('SIGINT');
      const { code, stderr } = await end;
      expect({ code, stderr }).toEqual({ code: 130, stderr: 'Interrupted; the clients are closed.\n' });
    },
    WITHIN,
  );

  it(
    'refuses arguments that it does not know',
    async () => {
      const { code, stdout, stderr } = await run('quickstart', {}, ['--fast']);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch('npm run quickstart: unknown option --fast');
    },
    WITHIN,
  );
});

describe('kafka:test', () => {
  // Something that listens: the tool looks whether anything does before it loads the package.
  let server: Server;
  let KAFKA_BROKER: string;
  beforeAll(async () => {
    server = createServer((socket) => socket.destroy());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    KAFKA_BROKER = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise<void>((done) => void server.close(() => done())));

  it(
    'passes on a broker that does everything, one line a check',
    async () => {
      const { code, stdout, stderr } = await run('kafka-test', { KAFKA_BROKER });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.match(/^ ✔ /gm)).toHaveLength(11);
      expect(stdout).toMatch(/^11 of 11 checks passed in/m);
    },
    WITHIN,
  );

  it(
    'fails for one failing check and still runs those that do not need it',
    async () => {
      const { code, stdout } = await run('kafka-test', { KAFKA_BROKER, FAKE: 'topics' }, ['--json']);
      const { ok, checks } = JSON.parse(stdout);
      expect({ code, ok }).toEqual({ code: 1, ok: false });
      const failed = checks.filter(({ state }: any) => state !== 'pass');
      expect(failed).toMatchObject([
        { id: 'topics', state: 'fail', detail: ['chat-events has 1 partition, declared 8'] },
      ]);
    },
    WITHIN,
  );

  it(
    'does not run what needs a check that failed',
    async () => {
      const { code, stdout } = await run('kafka-test', { KAFKA_BROKER, FAKE: 'sick' });
      expect(code).toBe(1);
      expect(stdout).toMatch(/^ ✖ {2}Connectivity/m);
      expect(stdout.match(/not run {2}needs/g)).toHaveLength(10);
      expect(stdout).toMatch('0 of 11 checks passed');
    },
    WITHIN,
  );

  it(
    'says at once that no broker runs',
    async () => {
      const { code, stdout, stderr } = await run('kafka-test', { KAFKA_BROKER: 'localhost:1' });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch('No broker answers');
      expect(stderr).toMatch('npm run kafka:start');
    },
    WITHIN,
  );
});
