// Real PostgreSQL and Redis servers of a test's own: random ports, data in a temporary folder, never as root.

import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresPath, redisPath } from './binaries';
import { freePort, Running, run } from './processes';

export interface Database {
  url: string;
  /** Without a goodbye; the data stays. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** And removes the data. */
  remove(): Promise<void>;
}

export interface Postgres extends Database {
  /** Rows, fields separated by `|`. */
  query(sql: string): string[];
}

export interface Redis extends Database {
  hash(key: string): Record<string, string>;
}

/** By which a run of all tests finds what was left behind. */
const mark = () => (process.env.KAFKA4_TEST_RUN ? { KAFKA4_TEST_RUN: process.env.KAFKA4_TEST_RUN } : {});

/** PostgreSQL refuses to run as root. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = users.find((user) => user.startsWith('postgres:')) ?? users.find((user) => user.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (!uid || !gid) throw new Error('there is neither a user postgres nor nobody to run PostgreSQL as');
  return { uid: Number(uid), gid: Number(gid) };
}

function ownedFolder(name: string, { uid, gid }: ReturnType<typeof owner>): string {
  const dir = mkdtempSync(join(tmpdir(), `kafka4-${name}-`));
  if (uid !== undefined && gid !== undefined) chownSync(dir, uid, gid);
  return dir;
}

export async function startPostgres(): Promise<Postgres> {
  const who = owner();
  const dir = ownedFolder('postgres', who);
  const data = join(dir, 'data');
  const port = await freePort();
  const options = { ...who, cwd: dir, env: { PATH: process.env.PATH, LC_ALL: 'C', ...mark() } };
  let server: Running | undefined;
  const psql = (sql: string) =>
    spawnSync(
      postgresPath('psql'),
      ['-h', '127.0.0.1', '-p', String(port), '-U', 'app', '-d', 'postgres', '-tAc', sql],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH },
      },
    );
  const start = async () => {
    const settings = [
      'fsync=off',
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${dir}`,
      'max_connections=20',
    ];
    const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
    server = new Running('PostgreSQL', postgresPath('postgres'), args, options);
    await server.until('PostgreSQL answers', () => psql('SELECT 1').status === 0);
  };
  const kill = async () => server?.stop();
  const remove = async () => {
    await kill();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await run('initdb', postgresPath('initdb'), ['-D', data, '-U', 'app', '-A', 'trust', '--no-sync'], options);
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    url: `postgres://app@127.0.0.1:${port}/postgres`,
    start,
    kill,
    remove,
    query(sql) {
      const { status, stdout, stderr } = psql(sql);
      if (status !== 0) throw new Error(`psql: ${stderr}`);
      return stdout.split('\n').filter((line) => line !== '');
    },
  };
}

export async function startRedis(): Promise<Redis> {
  const who = owner();
  const dir = ownedFolder('redis', who);
  const port = await freePort();
  let server: Running | undefined;
  const cli = (...args: string[]) =>
    spawnSync(redisPath('redis-cli'), ['-p', String(port), ...args], { encoding: 'utf8' });
  const start = async () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--appendonly', 'yes'];
    server = new Running('Redis', redisPath('redis-server'), args, { ...who, cwd: dir });
    await server.until('Redis answers', () => cli('ping').stdout.trim() === 'PONG');
  };
  const kill = async () => server?.stop();
  const remove = async () => {
    await kill();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    remove,
    hash(key) {
      const lines = cli('hgetall', key).stdout.trim().split('\n');
      const pairs = lines.flatMap((name, i) => (i % 2 === 0 && name !== '' ? [[name, lines[i + 1] ?? '']] : []));
      return Object.fromEntries(pairs);
    },
  };
}
