// The other bundler: `next build --webpack` and `next start`.

import { until } from '../support/until';
import { type AppCopy, build, copyApp, startNext } from './support/app-copy';
import { chatLine, enrol, health, say, Visitors } from './support/browser';
import { startCountingServer } from './support/counting-server';
import { freePort, PREPARATION_MS, type Running } from './support/processes';
import { reachable } from './support/standalone';

const visitors = new Visitors();
let app: AppCopy;
let server: Running | undefined;

beforeAll(async () => {
  app = await copyApp('built');
}, PREPARATION_MS);

afterAll(async () => {
  await visitors.close();
  await server?.stop();
  app?.remove();
});

test(
  'the build connects to nothing',
  async () => {
    const nobody = await startCountingServer();
    try {
      await build(app.dir, ['--webpack'], reachable(nobody));
      expect(nobody.connections).toBe(0);
    } finally {
      await nobody.close();
    }
  },
  PREPARATION_MS,
);

test('what it serves publishes and receives, and ends by SIGTERM', async () => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const next = startNext(app.dir, ['start', '-p', String(port)], {
    KAFKA_BROKER: 'embedded',
    NEXT_MANUAL_SIG_HANDLE: 'true',
  });
  server = next;
  await next.until('health is 200', async () => (await health(url))?.code === 200);
  await visitors.open();
  const page = await visitors.logIn(url, 'Ada Lovelace');
  await say(page, 'Hello from webpack.');
  await chatLine(page, 'Hello from webpack.').waitFor();
  await enrol(page, 'math-150');
  const edge = await fetch(`${url}/api/edge`);
  expect([edge.status, ((await edge.json()) as any).error.code]).toEqual([501, 'ERR_KAFKA_UNSUPPORTED_RUNTIME']);
  await page.close();
  expect(visitors.errors).toEqual([]);
  next.signal('SIGTERM');
  await until('the server has ended', () => next.ended, 30_000);
  expect(next.ended).toEqual({ code: 0, signal: null });
});
