// Development: edits arrive in the page, and the server keeps one Kafka client and one set of handlers.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { until } from '../support/until';
import { type AppCopy, copyApp, startNext } from './support/app-copy';
import { chatLine, health, live, metric, say, Visitors } from './support/browser';
import { freePort, PREPARATION_MS, type Running } from './support/processes';

const EDITS = 10;

const visitors = new Visitors();
let app: AppCopy;
let server: Running;
let url: string;
let page: Page;

beforeAll(async () => {
  app = await copyApp('built');
  const port = await freePort();
  url = `http://localhost:${port}`;
  server = startNext(app.dir, ['dev', '-p', String(port)], { KAFKA_BROKER: 'embedded' });
  await server.until('health is 200', async () => (await health(url))?.code === 200, 120_000);
  await visitors.open();
  page = await visitors.logIn(url, 'Ada Lovelace');
}, PREPARATION_MS);

afterAll(async () => {
  await visitors.close();
  await server?.stop();
  app?.remove();
});

/** Threads of librdkafka in every process of the server: a second client would bring its own. */
function clientThreads(): number {
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return names.filter((pid) => groupOf(pid) === server.pid).reduce((sum, pid) => sum + threadsOf(pid), 0);
}

function threadsOf(pid: string): number {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks.filter((task) => readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8').startsWith('rdk:')).length;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

function groupOf(pid: string): number {
  try {
    // The name, in brackets, may hold spaces; behind it come state, parent, group.
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[2]);
  } catch {
    return 0;
  }
}

function edit(file: string, from: string, to: string): void {
  const path = join(app.dir, file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(path, text.replace(from, to));
}

test('the page works on the embedded broker, and tells what is kept in memory', async () => {
  await say(page, 'Before the edits.');
  await chatLine(page, 'Before the edits.').waitFor();
  expect(await page.getByTestId('pill-enrolments').textContent()).toContain('in memory');
  expect(await page.getByTestId('pill-counters').textContent()).toContain('in memory');
});

test(`${EDITS} edits leave one client and one set of handlers`, async () => {
  const before = clientThreads();
  expect(before).toBeGreaterThan(0);
  for (let i = 0; i < EDITS; i += 1) {
    if (i % 2 === 0) {
      // A component.
      edit('components/brand.tsx', i === 0 ? 'EDU Matrix' : `EDU Matrix ${i - 2}`, `EDU Matrix ${i}`);
      await page.getByText(`EDU Matrix ${i}`, { exact: true }).waitFor();
    } else {
      // What handlers, routes and components share.
      edit('lib/courses.ts', i === 1 ? 'Ground Up' : `Ground ${i - 2}`, `Ground ${i}`);
      await page.getByText(`Rust from the Ground ${i}`, { exact: true }).waitFor();
    }
    // The routes are compiled again, too, and find the state that was there.
    expect(await metric(url, 'edu_matrix_starts')).toBe(1);
  }
  await until('as many threads of librdkafka as before', () => clientThreads() === before);
});

test('the page still receives events, once each', async () => {
  await live(page);
  await until('one listener', async () => (await metric(url, 'edu_matrix_live_listeners')) === 1);
  const before = await metric(url, 'edu_matrix_events');
  await say(page, 'After the edits.');
  await chatLine(page, 'After the edits.').waitFor();
  await until('the event is handled', async () => (await metric(url, 'edu_matrix_events')) > before);
  expect(await metric(url, 'edu_matrix_events')).toBe(before + 1);
  expect(visitors.errors).toEqual([]);
});
