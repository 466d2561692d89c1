// The local broker from its first start to its end, with real Apache Kafka, in a scratch folder on free ports.

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { CLI, environment, isAlive, runCli, scratchDir } from './cli';

jest.setTimeout(120_000);

const scratch = scratchDir();
let ports: number[];
let env: NodeJS.ProcessEnv;
const pids = new Set<number>();

function pidOf(output: string): number {
  const pid = Number(/\(pid (\d+)\)/.exec(output)?.[1]);
  expect(pid).toBeGreaterThan(1);
  pids.add(pid);
  return pid;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const found = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}

beforeAll(async () => {
  ports = await freePorts(2);
  env = environment({ KAFKA4_BROKER_DIR: scratch.dir, KAFKA4_BROKER_PORTS: ports.join(',') });
});

afterAll(async () => {
  await runCli(['stop'], env);
  const left = [...pids].filter(isAlive);
  scratch.remove();
  expect(left).toEqual([]);
});

test('start, status, logs, restart and stop, with data kept between the runs', async () => {
  const started = await runCli(['start'], env);
  expect(started).toMatchObject({ code: 0, stderr: '' });
  const first = pidOf(started.stdout);
  expect(started.stdout).toContain(`localhost:${ports[0]}   localhost:${ports[1]}`);
  const topics = 'analytics-events (12), chat-events (8), course-events (4), notification-events (3), user-events (6)';
  expect(started.stdout).toContain(`${topics} - created 5`);
  const cluster = readFileSync(join(scratch.dir, 'data', 'meta.properties'), 'utf8');

  const again = await runCli(['start'], env);
  expect(again.code).toBe(0);
  expect(again.stdout).toContain(`already runs (pid ${first})`);

  const status = await runCli(['status'], env);
  expect(status.code).toBe(0);
  expect(status.stdout).toContain(`pid ${first}`);
  expect(status.stdout).toContain('user-events, 6 partitions');

  const logs = await runCli(['logs'], env);
  expect(logs.code).toBe(0);
  expect(logs.stdout).toContain('Kafka Server started');

  const restarted = await runCli(['restart'], env);
  expect(restarted).toMatchObject({ code: 0, stderr: '' });
  expect(pidOf(restarted.stdout)).not.toBe(first);
  expect(isAlive(first)).toBe(false);
  expect(restarted.stdout).toContain(topics);
  expect(restarted.stdout).not.toContain('created');

  const stopped = await runCli(['stop'], env);
  expect(stopped.code).toBe(0);
  expect([...pids].filter(isAlive)).toEqual([]);

  const second = await runCli(['start'], env);
  expect(second.code).toBe(0);
  pidOf(second.stdout);
  expect(second.stdout).not.toContain('Formatting');
  const metaOf = (text: string) => /cluster\.id=.+/.exec(text)?.[0];
  expect(metaOf(readFileSync(join(scratch.dir, 'data', 'meta.properties'), 'utf8'))).toBe(metaOf(cluster));
});

test('logs:follow shows what comes, and ends with the broker', async () => {
  const follower = spawn(process.execPath, [CLI, 'logs:follow'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let seen = '';
  follower.stdout.on('data', (chunk) => (seen += chunk));
  const ended = new Promise((resolve) => follower.on('close', resolve));
  while (!seen.includes('Kafka Server started')) await new Promise((resolve) => setTimeout(resolve, 50));
  await runCli(['stop'], env);
  expect(await ended).toBe(0);
  expect(seen).toContain('shut down');
  expect(seen).toContain('The broker has ended.');
});

test('a broker that was killed is told as not running, and starts again on its data', async () => {
  const pid = pidOf((await runCli(['start'], env)).stdout);
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await runCli(['status'], env)).code).toBe(1);
  const started = await runCli(['start'], env);
  expect(started.code).toBe(0);
  pidOf(started.stdout);
  expect((await runCli(['stop'], env)).code).toBe(0);
});

test('Ctrl-C during a start leaves no process and no lock', async () => {
  const child = spawn(process.execPath, [CLI, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let seen = '';
  child.stdout.on('data', (chunk) => (seen += chunk));
  const ended = new Promise((resolve) => child.on('close', resolve));
  while (!seen.includes('(pid ')) await new Promise((resolve) => setTimeout(resolve, 10));
  const pid = pidOf(seen);
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await runCli(['status'], env)).code).toBe(1);
});

test('a start that fails shows the telling lines of the log and leaves no process', async () => {
  const meta = join(scratch.dir, 'data', 'meta.properties');
  const good = readFileSync(meta, 'utf8');
  writeFileSync(meta, good.replace(/node\.id=\d+/, 'node.id=7'));
  const failed = await runCli(['start'], env);
  writeFileSync(meta, good);
  expect(failed.code).toBe(1);
  const pid = pidOf(failed.stdout);
  expect(failed.stderr).toContain('The broker ended before it was ready');
  expect(failed.stderr).toContain('Stored node id 7');
  expect(failed.stderr).toContain(join(scratch.dir, 'broker.log'));
  expect(isAlive(pid)).toBe(false);
});
