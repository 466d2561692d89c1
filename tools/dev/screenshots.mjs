// Pictures of the example for the README, taken by Chromium from a server with real events:
//
//   node tools/dev/screenshots.mjs            starts `npm run dev` on the embedded broker
//   node tools/dev/screenshots.mjs --url URL  a server that runs
//
// Writes docs/images/app.png and app-dark.png (1280 × 800, in 256 colours where `pngquant` is installed).

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { ROOT } from '../bootstrap/paths.mjs';
import { freePorts } from '../broker/ports.mjs';

const IMAGES = join(ROOT, 'docs', 'images');
const SIZE = { width: 1280, height: 800 };
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const MAX_BYTES = 300_000;
/** Long enough that the chart is full. */
const LESSON_S = 62;

const VIEWER = 'Ada Lovelace';
const OTHERS = ['Grace Hopper', 'Alan Turing', 'Katherine Johnson', 'Edsger Dijkstra'];

/** Who says what, in which second. */
const TALK = [
  [8, 0, 'lobby', 'Good morning! Is the streaming lab open today?'],
  [14, 1, 'lobby', 'It is. I left the exercise on partitions on the board.'],
  [21, 2, 'lobby', 'Partition keys finally make sense: the room is the key, so we keep our order.'],
  [27, 0, 'lobby', 'Exactly. And a retry does not change it.'],
  [36, 3, 'lobby', 'Who is in for the linear algebra session at four?'],
  [47, 2, 'lobby', 'Me. I will bring the eigenvectors.'],
  [55, 1, 'lobby', 'Count me in. See you there!'],
];
const ENROLMENTS = [
  [3, 0, 'rust-101'],
  [5, 1, 'data-210'],
  [9, 2, 'data-210'],
  [18, 3, 'math-150'],
  [25, 0, 'data-210'],
  [33, 1, 'hist-120'],
  [44, 2, 'math-150'],
  [57, 3, 'rust-101'],
];
const NOTICES = [
  [12, 0, 'Your essay on the Analytical Engine is reviewed.'],
  [30, 3, 'Office hours move to Thursday, 15:00.'],
  [50, 1, 'Thanks for the notes! They were a great help.'],
];

async function main() {
  const { values } = parseArgs({ options: { url: { type: 'string' } } });
  const server = values.url ? undefined : await startServer();
  const url = values.url ?? server.url;
  const browser = await chromium.launch({ executablePath: CHROMIUM });
  try {
    await answers(url, server);
    const viewer = await logIn(browser, url, VIEWER);
    const others = [];
    for (const name of OTHERS) others.push(await logIn(browser, url, name));
    await lesson(viewer, others);
    mkdirSync(IMAGES, { recursive: true });
    await picture(viewer, 'light', 'app.png');
    await picture(viewer, 'dark', 'app-dark.png');
  } finally {
    await browser.close();
    server?.stop();
  }
}

async function startServer() {
  const [port] = await freePorts(1);
  const child = spawn(process.execPath, [join(ROOT, 'tools', 'dev', 'run.mjs'), '-p', String(port)], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, KAFKA_BROKER: process.env.KAFKA_BROKER ?? 'embedded', NEXT_TELEMETRY_DISABLED: '1' },
  });
  return { url: `http://localhost:${port}`, child, stop: () => child.kill('SIGTERM') };
}

async function answers(url, server) {
  for (const end = Date.now() + 120_000; ; ) {
    const answer = await fetch(`${url}/api/health/kafka`).catch(() => undefined);
    if (answer?.status === 200) return;
    if (server && server.child.exitCode !== null) throw new Error('the server ended');
    if (Date.now() > end) throw new Error(`${url} is not healthy after two minutes`);
    await sleep(500);
  }
}

async function logIn(browser, url, name) {
  const context = await browser.newContext({ baseURL: url, viewport: SIZE, locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByTestId('pill-stream').waitFor();
  return page;
}

/** A minute of life, second by second. */
async function lesson(viewer, others) {
  await viewer.getByTestId('course-data-210').getByRole('button', { name: 'Enrol' }).click();
  await viewer.getByTestId('course-hist-120').getByRole('button', { name: 'Enrol' }).click();
  for (let second = 1; second <= LESSON_S; second += 1) {
    const due = (list) => list.filter(([at]) => at === second);
    const sends = [
      ...due(TALK).map(([, who, roomId, text]) => post(others[who], { kind: 'chat', roomId, text })),
      ...due(ENROLMENTS).map(([, who, courseId]) =>
        post(others[who], { kind: 'course', eventType: 'course.enrolled', courseId }),
      ),
      ...due(NOTICES).map(([, who, text]) =>
        post(others[who], { kind: 'notification', eventType: 'message.direct', recipientId: VIEWER, text }),
      ),
      ...Array.from({ length: steps(second) }, (_, i) =>
        post(others[i % others.length], { kind: 'analytics', eventType: 'lesson.step', entityId: `lesson-${i % 5}` }),
      ),
    ];
    if (second === 40) {
      await viewer.getByLabel('Message', { exact: true }).fill('I am in, too. The lab first, then four o’clock.');
      await viewer.getByRole('button', { name: 'Send' }).click();
    }
    if (second === 20) await viewer.getByTestId('course-data-210').getByLabel('5 of 5').click();
    if (second === 22) await viewer.getByTestId('course-hist-120').getByLabel('4 of 5').click();
    await Promise.all([...sends, sleep(1_000)]);
  }
}

/** Comes and goes in waves, as a class does. */
const steps = (second) => Math.round(7 + 5 * Math.sin(second / 5) + 3 * Math.sin(second / 1.7));

/** A connection that was idle may be closed by the server in the moment in which it is used. */
async function post(page, data) {
  const answer = await page.request.post('/api/events', { data, maxRetries: 2 });
  if (answer.status() !== 200) throw new Error(`${answer.status()}: ${await answer.text()}`);
}

async function picture(page, colorScheme, name) {
  await page.emulateMedia({ colorScheme });
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    /** @type {any} */ (document.activeElement)?.blur();
    window.scrollTo(0, 0);
  });
  await sleep(500);
  const path = join(IMAGES, name);
  await page.screenshot({ path });
  spawnSync('pngquant', ['--force', '--output', path, '256', path]);
  const { size } = statSync(path);
  if (size > MAX_BYTES) throw new Error(`${name} has ${size} bytes, more than ${MAX_BYTES}`);
  process.stdout.write(`${path}: ${Math.round(size / 1000)} kB\n`);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

await main();
