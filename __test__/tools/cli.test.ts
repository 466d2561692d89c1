// What the broker commands say when they cannot do their work. Nothing here needs Java or Docker.

import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { environment, isAlive, runCli, scratchDir } from './cli';

const windows = process.platform === 'win32';

let scratch: ReturnType<typeof scratchDir>;
beforeEach(() => {
  scratch = scratchDir();
});
afterEach(() => scratch.remove());

async function freePort(): Promise<number> {
  const server = await listen('127.0.0.1');
  const { port } = server.address() as AddressInfo;
  await close(server);
  return port;
}

function listen(host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, host, () => resolve(server));
  });
}

const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));

/** A folder with one program in it, to be the whole PATH. */
function pathWith(name: string, script: string): string {
  const bin = join(scratch.dir, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
  return bin;
}

async function withoutJava(changes: Record<string, string | undefined>) {
  const ports = String(await freePort());
  return environment({
    KAFKA4_BROKER_DIR: join(scratch.dir, 'kafka'),
    KAFKA4_BROKER_PORTS: ports,
    JAVA_HOME: undefined,
    ...changes,
  });
}

describe('nothing runs', () => {
  test.each(['status', 'logs', 'logs:follow', 'restart', 'stop'])('%s says so and exits with 1', async (command) => {
    const result = await runCli([command], environment({ KAFKA4_BROKER_DIR: scratch.dir }));
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('No broker is running. Start one: npm run kafka:start');
    expect(result.stdout).toBe('');
  });

  test('a remembered pid that belongs to somebody else now is left alone', async () => {
    const stranger = { pid: process.pid, marker: `-Dkafka4.broker.dir=${scratch.dir}`, started: '1' };
    const state = { engine: 'jvm', ports: [1], version: '4', since: '', broker: stranger };
    writeFileSync(join(scratch.dir, 'broker.json'), JSON.stringify(state));
    const result = await runCli(['stop'], environment({ KAFKA4_BROKER_DIR: scratch.dir }));
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('No broker is running');
    expect(isAlive(process.pid)).toBe(true);
  });
});

describe('wrong use', () => {
  test.each([[[]], [['begin']], [['start', 'now']]])('%j is answered with the usage and 2', async (args) => {
    const result = await runCli(args, environment({ KAFKA4_BROKER_DIR: scratch.dir }));
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('start|status|logs|logs:follow|restart|stop');
  });

  test.each(['x', '0', '65536', '1.5', '29092,29092', '29092,'])(
    'KAFKA4_BROKER_PORTS=%s is refused by name',
    async (ports) => {
      const result = await runCli(
        ['start'],
        environment({ KAFKA4_BROKER_DIR: scratch.dir, KAFKA4_BROKER_PORTS: ports }),
      );
      expect(result.code).toBe(1);
      expect(result.stderr).toContain(`KAFKA4_BROKER_PORTS is "${ports}"`);
    },
  );

  test('an unknown engine is refused by name', async () => {
    const env = environment({ KAFKA4_BROKER_DIR: scratch.dir, KAFKA4_BROKER_ENGINE: 'lxc' });
    const result = await runCli(['start'], env);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('KAFKA4_BROKER_ENGINE is "lxc": expected jvm or compose');
  });
});

describe('start', () => {
  const hosts = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
    ? ['127.0.0.1', '0.0.0.0', '::1']
    : ['127.0.0.1', '0.0.0.0'];
  test.each(hosts)('names a port taken on %s and its holder, and starts nothing', async (host) => {
    const server = await listen(host);
    try {
      const { port } = server.address() as AddressInfo;
      const ports = `${await freePort()},${port}`;
      const result = await runCli(
        ['start'],
        environment({ KAFKA4_BROKER_DIR: scratch.dir, KAFKA4_BROKER_PORTS: ports }),
      );
      expect(result.code).toBe(1);
      expect(result.stderr).toContain(`Port ${port} is taken by`);
      if (process.platform === 'linux') expect(result.stderr).toContain(`(pid ${process.pid})`);
      expect(existsSync(join(scratch.dir, 'data'))).toBe(false);
      expect(existsSync(join(scratch.dir, 'start.lock'))).toBe(false);
    } finally {
      await close(server);
    }
  });

  test('says what is missing without Java, how to get it, and the alternatives', async () => {
    const bin = join(scratch.dir, 'bin');
    mkdirSync(bin);
    const result = await runCli(['start'], await withoutJava({ PATH: bin }));
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/No Java was found.*Java 17 or newer/);
    expect(result.stderr).toContain('apt-get install openjdk-17-jre-headless');
    expect(result.stderr).toContain('Docker');
    expect(result.stderr).toContain('KAFKA_BROKER=embedded');
    expect(result.stderr).not.toContain('    at ');
  });

  // Programs that only pretend to be Java are shell scripts.
  if (windows) return;

  test('says that Java is too old', async () => {
    const bin = pathWith('java', `echo 'openjdk version "11.0.2" 2019-01-15' >&2`);
    const result = await runCli(['start'], await withoutJava({ PATH: bin }));
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('Java 11 was found, which is too old');
  });

  test('says that Maven is missing, when the jars are not there yet', async () => {
    const bin = pathWith('java', `echo 'openjdk version "21.0.1" 2023-10-17' >&2`);
    const env = await withoutJava({ PATH: bin, XDG_CACHE_HOME: join(scratch.dir, 'cache') });
    const result = await runCli(['start'], env);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('No Maven was found');
    expect(result.stderr).toContain('apt-get install maven');
  });

  test('tells what Maven says when it fails, and leaves no half of a cache', async () => {
    const bin = pathWith('java', `echo 'openjdk version "21.0.1" 2023-10-17' >&2`);
    writeFileSync(
      join(bin, 'mvn'),
      '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "[ERROR] Could not transfer artifact"\nexit 1\n',
    );
    chmodSync(join(bin, 'mvn'), 0o755);
    const cache = join(scratch.dir, 'cache');
    const result = await runCli(['start'], await withoutJava({ PATH: bin, XDG_CACHE_HOME: cache }));
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('Could not transfer artifact');
    expect(readdirSync(join(cache, 'kafka4'))).toEqual([]);
  });
});
