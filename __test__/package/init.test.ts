// The way of a user: create-next-app, install the packed packages, `npx kafka4 init`, build with both bundlers, start,
// publish, and see the event arrive. It needs npm's registry and takes one to three minutes.
//
// KAFKA4_TEST_NEXT names another version of Next.js, such as 15.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until';
import { CountingServer, change, createNextApp, digests, finish, NextServer } from './init-app';
import { json, newFolder, pack } from './packaging-support';

/** The newest one that it was tried with: a test must not change by itself. */
const VERSION = process.env.KAFKA4_TEST_NEXT ?? '16.4.3';

const STEP_MS = 300_000;

const ROUTE = `import { connection } from 'next/server';
import { kafkaProducerService } from '@/lib/kafka';
import { received } from '@/lib/received';

export async function POST(request: Request) {
  const { userId, data } = await request.json();
  const [stored] = await kafkaProducerService.publishUserEvent('user.tried', userId, data);
  return Response.json(stored, { status: 201 });
}

export async function GET() {
  await connection();
  return Response.json(received());
}
`;

/** Instrumentation and routes are instances of their own: what they share is on globalThis. */
const RECEIVED = `const shared = globalThis as { received?: unknown[] };

export function received(): unknown[] {
  shared.received ??= [];
  return shared.received;
}
`;

const work = newFolder();
const servers: NextServer[] = [];
let root: string;
let broker: CountingServer;

beforeAll(async () => {
  broker = await CountingServer.listening();
  const packed = pack(join(work.path, 'packed'));
  root = await createNextApp(work.path, 'shop', VERSION);
  const tarballs = packed.map(({ file }) => file);
  // Prebuilt: nothing has to run at the installation.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const installed = await finish('npm', ['install', ...flags, ...tarballs], root);
  expect(installed).toMatchObject({ code: 0 });
}, STEP_MS);

afterAll(() => {
  for (const server of servers) server.kill();
  broker?.close();
  work.remove();
});

const kafka4 = (args: string[], env: Record<string, string> = {}) =>
  finish('npx', ['--no-install', 'kafka4', ...args], root, env);

const build = (...flags: string[]) =>
  finish(process.execPath, [join('node_modules', 'next', 'dist', 'bin', 'next'), 'build', ...flags], root, {
    KAFKA_BROKER: broker.address,
  });

const major = () => Number(json(join(root, 'node_modules', 'next', 'package.json')).version.split('.')[0]);

test('init writes its files, edits next.config, and tells what comes next', async () => {
  const before = digests(root);
  const { code, output } = await kafka4(['init']);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`Next.js ${major()}, TypeScript`) });
  const after = digests(root);
  const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
  expect(changed.sort()).toEqual([
    '.env.example',
    'compose.yaml',
    'instrumentation-node.ts',
    'instrumentation.ts',
    'lib/kafka/index.ts',
    'next.config.ts',
  ]);
  expect(Object.keys(before).filter((path) => !(path in after))).toEqual([]);
  expect(readFileSync(join(root, 'next.config.ts'), 'utf8')).toContain('serverExternalPackages: ["kafka4"],');
  expect(output).toContain('npm run dev');
});

test('a second one changes nothing and says so', async () => {
  const before = digests(root);
  const { code, output } = await kafka4(['init']);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('Nothing to do') });
  expect(digests(root)).toEqual(before);
});

test(
  'doctor finds the native part; the server that stands for a broker counts what comes',
  async () => {
    expect(await kafka4(['doctor'])).toMatchObject({ code: 0, output: expect.stringMatching(/ok +librdkafka +2\./) });
    expect(broker.connections).toBe(0);
    // What follows says something only if this count can be another than zero.
    const env = { KAFKA_BROKER: broker.address, KAFKA_TIMEOUT: '2000', KAFKA_RETRY_ATTEMPTS: '1' };
    expect(await kafka4(['doctor'], env)).toMatchObject({ code: 1 });
    expect(broker.connections).toBeGreaterThan(0);
    broker.connections = 0;
  },
  STEP_MS,
);

describe.each([
  ['Turbopack', ['--turbopack']],
  ['webpack', ['--webpack']],
])('%s', (bundler, flags) => {
  beforeAll(() => {
    mkdirSync(join(root, 'app', 'api', 'events'), { recursive: true });
    writeFileSync(join(root, 'app', 'api', 'events', 'route.ts'), ROUTE);
    writeFileSync(join(root, 'lib', 'received.ts'), RECEIVED);
    if (readFileSync(join(root, 'instrumentation-node.ts'), 'utf8').includes('received()')) return;
    // As a user would: the handler in the place of the one that is commented out.
    change(
      root,
      'instrumentation-node.ts',
      "// 'user-events': async ({ message }) => console.log('a user event', message.json()),",
      "'user-events': async ({ message }) => void received().push(message.json()),",
    );
    change(
      root,
      'instrumentation-node.ts',
      "} from '@/lib/kafka';",
      "} from '@/lib/kafka';\nimport { received } from '@/lib/received';",
    );
  });

  test(
    'it builds, types included, and opens no connection',
    async () => {
      // 15 builds with webpack where nothing is said, and does not know that option.
      const own = major() < 16 && bundler === 'webpack' ? [] : flags;
      const { code, output } = await build(...own);
      expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
      expect(output).toMatch(/\/api\/events/);
      expect(broker.connections).toBe(0);
    },
    STEP_MS,
  );

  test(
    'it starts, a published event arrives at its handler, and SIGTERM ends it in order',
    async () => {
      const env = { KAFKA_BROKER: 'embedded', NEXT_MANUAL_SIG_HANDLE: 'true' };
      const server = new NextServer(root, ['start'], env);
      servers.push(server);
      const url = await server.ready('/api/events');
      const body = JSON.stringify({ userId: 'user-42', data: { bundler } });
      const answer = await fetch(`${url}/api/events`, { method: 'POST', body });
      expect([answer.status, await answer.json()]).toEqual([
        201,
        expect.objectContaining({ topicName: 'user-events' }),
      ]);
      const events = await until('the event', async () => {
        const all = (await (await fetch(`${url}/api/events`)).json()) as unknown[];
        return all.length > 0 && all;
      });
      expect(events).toEqual([
        expect.objectContaining({ eventType: 'user.tried', userId: 'user-42', data: { bundler } }),
      ]);
      expect(await server.stop('SIGTERM')).toEqual([143, null]);
      expect(server.output).not.toMatch(/error/i);
    },
    STEP_MS,
  );
});

test(
  'tsc finds nothing, in what was written either',
  async () => {
    const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
    expect(await finish(process.execPath, [compiler, '--noEmit'], root)).toEqual({ code: 0, output: '' });
  },
  STEP_MS,
);
