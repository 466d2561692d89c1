// The example as it is deployed: Turbopack's standalone output in another folder, with everything real around it.
// The tests follow one another, as a day does.

import type { BrowserContext, Page } from 'playwright-core';
import { endOffsets, readAll } from '../support/kafkajs-reader';
import { until } from '../support/until';
import { filesEnding } from './support/app-copy';
import { chatLine, enrol, health, live, metric, say, Visitors } from './support/browser';
import { PREPARATION_MS } from './support/processes';
import { Standalone } from './support/standalone';

const TOPICS = [
  'user-events',
  'course-events',
  'notification-events',
  'chat-events',
  'analytics-events',
  'course-ratings',
];

const system = new Standalone();
const visitors = new Visitors();
let ada: Page;
let grace: Page;

beforeAll(async () => {
  await system.prepare();
  await system.start();
  await visitors.open();
}, PREPARATION_MS);

afterAll(async () => {
  await visitors.close();
  await system.remove();
});

const enrolments = () => system.postgres.query('SELECT course_id, user_id FROM enrolments ORDER BY 1, 2');
const post = (context: BrowserContext, data: unknown) => context.request.post('/api/events', { data: data as object });
const listeners = () => metric(system.url, 'edu_matrix_live_listeners');

/** Every record of every topic. */
async function stored(): Promise<number> {
  const offsets = await Promise.all(TOPICS.map((topic) => endOffsets(topic, system.broker.brokers)));
  return offsets.flat().reduce((sum, offset) => sum + offset, 0);
}

test('the build has connected to nothing, and has taken the addon along', () => {
  expect(system.connectionsOfBuild).toBe(0);
  expect(filesEnding(system.dir, '.node').filter((name) => name.startsWith('kafka4.'))).toHaveLength(1);
});

test('two people log in, and each sees what the other says', async () => {
  ada = await visitors.logIn(system.url, 'Ada Lovelace');
  grace = await visitors.logIn(system.url, 'Grace Hopper');
  await say(ada, 'Is anybody here?');
  await chatLine(grace, 'Is anybody here?').waitFor();
  await say(grace, 'I am.');
  await chatLine(ada, 'I am.').waitFor();
  await grace.getByTestId('activity').getByText('logged in').first().waitFor();
  expect(await grace.getByTestId('pill-enrolments').textContent()).toContain('PostgreSQL');
  expect(await grace.getByTestId('pill-counters').textContent()).toContain('Redis');
});

test('an enrolment goes through Kafka into PostgreSQL, and a welcome comes back', async () => {
  await enrol(ada, 'data-210');
  await ada.getByTestId('notifications').getByText('Welcome to Streaming with Kafka').waitFor();
  expect(enrolments()).toEqual(['data-210|ada-lovelace']);
  await grace.getByTestId('activity').getByText('enrolled in Streaming with Kafka').waitFor();
});

test('a notification reaches its recipient and nobody else', async () => {
  await ada.getByLabel('To', { exact: true }).fill('Grace Hopper');
  await ada.getByLabel('Notification', { exact: true }).fill('The compiler works.');
  await ada.getByRole('button', { name: 'Notify' }).click();
  await grace.getByTestId('notifications').getByText('The compiler works.').waitFor();
  expect(await ada.getByTestId('notifications').getByText('The compiler works.').count()).toBe(0);
});

test('the chart moves with analytics events', async () => {
  const chart = ada.getByTestId('chart-svg');
  const read = async (name: string) => Number(await chart.getAttribute(name));
  const before = await read('data-last');
  await ada.getByRole('button', { name: 'Simulate a class' }).click();
  await until('240 events more in the chart', async () => (await read('data-total')) >= 240);
  await until('the chart has moved on', async () => (await read('data-last')) > before + 1);
  expect(await chart.locator('.bar.series-analytics').count()).toBeGreaterThan(0);
});

test('health, metrics and the edge route answer', async () => {
  const { code, body } = (await health(system.url))!;
  expect(code).toBe(200);
  expect(body).toMatchObject({ status: 'healthy', reasons: [], enrolments: { kind: 'postgres', error: null } });
  expect(body.kafka.consumers.active.sort()).toEqual([...TOPICS].sort());

  const metrics = await fetch(`${system.url}/api/metrics`);
  expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(await metrics.text()).toMatch(/^kafka4_[a-z_]+(\{[^}]*\})? \d/m);
  expect(await metric(system.url, 'edu_matrix_starts')).toBe(1);

  const edge = await fetch(`${system.url}/api/edge`);
  expect(edge.status).toBe(501);
  const { error } = (await edge.json()) as any;
  expect(error.code).toBe('ERR_KAFKA_UNSUPPORTED_RUNTIME');
  expect(error.message).toContain('Edge runtime');
});

test('bad input is refused in words, and nothing is sent', async () => {
  const before = await stored();
  const refusals: [unknown, string, string][] = [
    [{ kind: 'letter' }, 'kind', 'kind must be one of user, course, notification, chat, analytics'],
    [{ kind: 'chat', roomId: 'cellar', text: 'x' }, 'roomId', 'there is no room cellar'],
    [{ kind: 'chat', roomId: 'lobby', text: '  ' }, 'text', 'text must be a text'],
    [{ kind: 'course', eventType: 'course.enrolled', courseId: 7 }, 'courseId', 'courseId must be a text'],
    [{ kind: 'analytics', entityId: 'a' }, 'eventType', 'eventType must be a text'],
    [[], 'body', 'the body must be a JSON object'],
  ];
  for (const [body, field, message] of refusals) {
    const data = body as object;
    // A connection that was idle may be closed by the server in the moment in which it is used.
    const answer = await ada.context().request.post('/api/events', { data, maxRetries: 2 });
    expect([answer.status(), await answer.json()]).toEqual([400, { error: { code: 'INVALID_INPUT', field, message } }]);
  }
  const form = await ada.context().request.post('/api/events', { form: { kind: 'chat' }, maxRetries: 2 });
  expect(form.status()).toBe(415);
  const stranger = await fetch(`${system.url}/api/events`, { method: 'POST', body: '{}' });
  expect(stranger.status).toBe(401);
  expect((await fetch(`${system.url}/api/events/stream`)).status).toBe(401);
  expect(await stored()).toBe(before);
});

test('a tab that closes frees its listener at once', async () => {
  const another = await visitors.page(ada.context());
  await live(another);
  await until('three listeners', async () => (await listeners()) === 3);
  await another.close();
  // Within two seconds on an idle machine. Found by the next beat only, it would take fifteen.
  await until('two listeners', async () => (await listeners()) === 2, 5_000);
});

test('while PostgreSQL is away enrolments wait, and health tells it; then they arrive', async () => {
  await system.postgres.kill();
  await enrolWithoutWaiting(grace, 'rust-101');
  await until('health is degraded', async () => (await health(system.url))?.body.status === 'degraded');
  const { code, body } = (await health(system.url))!;
  expect(code).toBe(200);
  expect(body.reasons.join()).toContain('enrolments wait for PostgreSQL');
  await grace.getByTestId('health-note').getByText('Something is late, nothing is lost.').waitFor();
  await system.postgres.start();
  await until('the enrolment is there', () => enrolments().includes('rust-101|grace-hopper'));
  await grace.getByTestId('course-rust-101').getByRole('button', { name: '5 of 5' }).waitFor();
  await system.healthy();
});

test('while Redis is away counters wait, and health tells it; then each event counts once', async () => {
  await system.redis.kill();
  await say(ada, 'Does this count?');
  await until('health is degraded', async () => (await health(system.url))?.body.status === 'degraded');
  const { code, body } = (await health(system.url))!;
  expect(code).toBe(200);
  expect(body.reasons.join()).toContain('counters wait for Redis');
  await system.redis.start();
  await system.healthy();
  await chatLine(grace, 'Does this count?').waitFor();
  await until('every event has been counted', async () => counted() === (await stored()));
});

const enrolWithoutWaiting = (page: Page, id: string) =>
  page.getByTestId(`course-${id}`).getByRole('button', { name: 'Enrol' }).click();

test('while the broker is away health is 503 and the page tells it; then all goes on', async () => {
  await system.broker.kill9();
  await until('health is 503', async () => (await health(system.url))?.code === 503, 40_000);
  await ada.getByTestId('health-note').getByText('Kafka cannot be reached.').waitFor();
  expect(await ada.getByTestId('pill-kafka').getAttribute('data-tone')).toBe('bad');
  await system.broker.restart();
  await system.healthy();
  await ada.getByTestId('health-note').waitFor({ state: 'detached' });
  await say(ada, 'Here we are again.');
  await chatLine(grace, 'Here we are again.').waitFor();
});

test('SIGTERM under load: what was answered with 200 is in the topic', async () => {
  await Promise.all([ada.close(), grace.close()]);
  const context = await visitors.person(system.url);
  await context.addCookies(await ada.context().cookies());
  const acknowledged: string[] = [];
  let ending = false;
  const sender = async (who: number) => {
    for (let i = 0; !ending; i += 1) {
      const eventType = `load-${who}-${i}`;
      const answer = await post(context, { kind: 'user', eventType }).catch(() => undefined);
      if (answer?.status() === 200) acknowledged.push(eventType);
      // The server is gone.
      if (!answer) return;
    }
  };
  const senders = Array.from({ length: 12 }, (_, who) => sender(who));
  await until('the load runs', () => acknowledged.length > 100);
  const begun = Date.now();
  system.server.signal('SIGTERM');
  const { code } = await system.server.end();
  ending = true;
  await Promise.all(senders);
  expect(code).toBe(0);
  expect(Date.now() - begun).toBeLessThan(10_000);

  const count = (await endOffsets('user-events', system.broker.brokers)).reduce((sum, offset) => sum + offset, 0);
  const read = await readAll('user-events', count, system.broker.brokers);
  const there = new Set(read.map(({ value }) => JSON.parse(String(value)).eventType));
  expect(acknowledged.filter((eventType) => !there.has(eventType))).toEqual([]);
  await context.close();
});

test('everything delivered a second time changes nothing', async () => {
  const before = enrolments();
  // A group without offsets begins at the first event.
  await system.start({ KAFKA_CONSUMER_GROUP: 'a-second-look' });
  // Each enrolment's welcome is published again, with the id of the first.
  const delivered = async () => (await metric(system.url, 'edu_matrix_events')) === (await stored());
  await until('every event was delivered again', delivered, 60_000);
  expect(before).toEqual(['data-210|ada-lovelace', 'rust-101|grace-hopper']);
  expect(enrolments()).toEqual(before);
  await until('the counters hold each event once', async () => counted() === (await stored()));

  const again = await visitors.page(ada.context());
  await live(again);
  const welcome = again.getByTestId('notifications').getByText('Welcome to Streaming with Kafka');
  await welcome.waitFor();
  expect(await welcome.count()).toBe(1);
  await again.close();
});

const counted = () => Number(system.redis.hash('edu-matrix:counters').events);

test('no page has had an error in its console', () => {
  expect(visitors.errors).toEqual([]);
});
