// Test files as users write them. Each leaves something open: what runs after it, and the end of the process, must not mind.

export type Dialect = 'commonjs' | 'module' | 'vitest';

interface Case {
  /** Names of kafka4 and kafka4/testing that the body uses. */
  kafka4?: string[];
  testing?: string[];
  /** Runs before the tests; RUNNER is the option that gives the hooks where they are no globals. */
  top?: string;
  body: string;
}

const TOPICS = `await initializeKafka4();`;

const UNTIL = `const until = async (what) => { for (let i = 0; i < 1000 && !what(); i++) await new Promise((r) => setTimeout(r, 10)); expect(what()).toBeTruthy(); };`;

export const CASES: Record<string, Case> = {
  'open-producer': {
    kafka4: ['initializeKafka4', 'kafkaProducerService'],
    body: `${TOPICS} const [{ offset }] = await kafkaProducerService.publishUserEvent('e', 'u', {}); expect(offset).toMatch(/^\\d+$/);`,
  },
  'open-sends': {
    kafka4: ['initializeKafka4', 'kafkaProducerService'],
    body: `${TOPICS} for (let i = 0; i < 2000; i++) kafkaProducerService.publishUserEvent('e', 'u' + i, { i }).catch(() => {});`,
  },
  'open-consumer': {
    kafka4: ['initializeKafka4', 'kafkaConsumerService', 'kafkaProducerService'],
    body: `${UNTIL} ${TOPICS} let handled = 0;
      kafkaConsumerService.registerCourseEventHandler(async () => { handled += 1; await new Promise((r) => setTimeout(r, 10)); });
      await kafkaConsumerService.startConsumer('course-events', 'open-consumer');
      await Promise.all(Array.from({ length: 100 }, (_, i) => kafkaProducerService.publishCourseEvent('e', 'c' + i, 'u', {})));
      await until(() => handled > 0);`,
  },
  'open-batch-consumer': {
    kafka4: ['initializeKafka4', 'kafkaConsumerService', 'kafkaProducerService'],
    body: `${UNTIL} ${TOPICS} let running = false;
      kafkaConsumerService.registerAnalyticsEventHandler(async ({ batch, commitOffsetsIfNecessary }) => {
        running = true;
        for (;;) { await commitOffsetsIfNecessary(); await new Promise((r) => setTimeout(r, 5)); if (batch.isEmpty()) break; }
      });
      await kafkaConsumerService.startConsumer('analytics-events', 'open-batch');
      await kafkaProducerService.publishAnalyticsEvent('e', 'x', {});
      await until(() => running);`,
  },
  'endless-handler': {
    kafka4: ['initializeKafka4', 'kafkaConsumerService', 'kafkaProducerService'],
    body: `${UNTIL} ${TOPICS} let running = false;
      kafkaConsumerService.registerChatEventHandler(() => { running = true; return new Promise(() => {}); });
      await kafkaConsumerService.startConsumer('chat-events', 'endless');
      await kafkaProducerService.publishChatEvent('r', 'u', {});
      await until(() => running);`,
  },
  'dead-broker': {
    kafka4: ['kafkaConfig', 'kafkaProducerService'],
    body: `kafkaConfig.brokers = ['127.0.0.1:1']; kafkaConfig.timeout = 30000;
      kafkaProducerService.publishUserEvent('e', 'u', {}).catch(() => {});
      await new Promise((r) => setTimeout(r, 100));
      expect(kafkaConfig.brokers).toEqual(['127.0.0.1:1']);`,
  },
  embedded: {
    kafka4: ['kafkaConsumerService', 'kafkaProducerService'],
    testing: ['publishedEvents', 'useEmbeddedKafka', 'waitForEvent'],
    top: 'useEmbeddedKafka(RUNNER);',
    body: `expect(await publishedEvents()).toEqual([]);
      kafkaConsumerService.registerUserEventHandler(async () => { await kafkaProducerService.publishNotificationEvent('seen', 'r', {}); });
      await kafkaConsumerService.startConsumer('user-events');
      const [{ offset }] = await kafkaProducerService.publishUserEvent('first', 'u', {});
      expect(offset).toBe('0');
      await waitForEvent('seen');
      expect((await publishedEvents()).map((event) => event.eventType).sort()).toEqual(['first', 'seen']);
      kafkaProducerService.publishUserEvent('not awaited', 'u', {}).catch(() => {});`,
  },
  fakes: {
    kafka4: ['kafkaConsumerService', 'kafkaProducerService'],
    testing: ['deliver', 'failNextPublish', 'publishedEvents', 'useFakeKafka'],
    top: 'useFakeKafka(RUNNER);',
    body: `kafkaConsumerService.registerUserEventHandler(async ({ message }) => { await kafkaProducerService.publishNotificationEvent('seen', message.json().userId, {}); });
      await deliver({ topic: 'user-events', eventType: 'e', userId: 'u-1' });
      expect((await publishedEvents()).map((event) => event.key)).toEqual(['u-1']);
      failNextPublish('ERR_KAFKA_MSG_TIMED_OUT');
      await expect(deliver({ topic: 'user-events', eventType: 'e', userId: 'u-1' })).rejects.toMatchObject({ code: 'ERR_KAFKA_MSG_TIMED_OUT' });
      kafkaConsumerService.registerChatEventHandler(() => new Promise(() => {}));
      await kafkaConsumerService.startConsumer('chat-events');
      kafkaProducerService.publishChatEvent('r', 'u', {}).catch(() => {});`,
  },
  mocked: {
    kafka4: ['kafkaProducerService'],
    testing: ['publishedEvents'],
    top: 'MOCK',
    body: `await kafkaProducerService.publishUserEvent('e', 'u', {}); expect(await publishedEvents()).toHaveLength(1);`,
  },
};

/** One line that puts the fakes in the place of the package. jest's ESM has no hoisting, so the import comes after it there. */
const MOCKS: Record<Dialect, string> = {
  commonjs: `jest.mock('kafka4', () => require('kafka4/testing').fakeKafka());`,
  module: '',
  vitest: `vi.mock('kafka4', async () => (await import('kafka4/testing')).fakeKafka());`,
};

/** Test files of the dialect, by path. */
export function testFiles(dialect: Dialect, names = Object.keys(CASES)): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of names) {
    const made = CASES[name];
    if (made === undefined) throw new Error(`there is no case ${name}`);
    // jest mocks modules of ESM by an unstable call of its own; the fakes need no mock.
    if (dialect === 'module' && made.top === 'MOCK') continue;
    files[`${name}.test.${dialect === 'commonjs' ? 'js' : 'mjs'}`] = text(dialect, made);
  }
  return files;
}

function text(dialect: Dialect, { kafka4 = [], testing = [], top = '', body }: Case): string {
  const load = (names: string[], from: string): string => {
    if (names.length === 0) return '';
    const list = names.join(', ');
    return dialect === 'commonjs' ? `const { ${list} } = require('${from}');` : `import { ${list} } from '${from}';`;
  };
  const vitest =
    dialect === 'vitest' ? `import * as vitest from 'vitest';\nimport { expect, test, vi } from 'vitest';` : '';
  const first = top.replace('RUNNER', dialect === 'vitest' ? '{ runner: vitest }' : '').replace('MOCK', '');
  return [
    vitest,
    top === 'MOCK' ? MOCKS[dialect] : '',
    load(kafka4, 'kafka4'),
    load(testing, 'kafka4/testing'),
    first,
    `test('it', async () => {\n${body}\n}, 30000);\n`,
  ].join('\n');
}
