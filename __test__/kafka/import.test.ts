// Contract: importing opens no connection and starts no thread; the package is one instance for import and require.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as library from '@/lib/kafka';
import { lastLine, ROOT, runScript } from '../support/child';

/** Threads and sockets of the process, once libuv's own threads are there; from /proc, so on Linux. */
const LOOK = `
  const { readdirSync, readlinkSync } = await import('node:fs');
  const threads = () => readdirSync('/proc/self/task').length;
  const sockets = () => readdirSync('/proc/self/fd').filter((fd) => {
    try { return readlinkSync('/proc/self/fd/' + fd).startsWith('socket:'); } catch { return false; }
  }).length;
  await import('node:fs/promises').then((fs) => fs.readFile('/proc/self/stat'));`;

interface Look {
  before: [number, number];
  imported: [number, number];
  mapped: boolean;
  used: [number, number];
}

describe('what importing does', () => {
  test.each(['import', 'require'])(
    '%s of the package starts no thread, opens no socket and loads no addon',
    async (how) => {
      const load = how === 'import' ? "await import('kafka4')" : "createRequire(process.cwd() + '/x.js')('kafka4')";
      const result = await runScript(
        `${LOOK}
       const { createRequire } = await import('node:module');
       const { readFileSync } = await import('node:fs');
       const before = [threads(), sockets()];
       const kafka4 = ${load};
       await new Promise((resolve) => setTimeout(resolve, 200));
       const imported = [threads(), sockets()];
       const mapped = readFileSync('/proc/self/maps', 'utf8').includes('kafka4');
       await kafka4.initializeKafka4();
       const used = [threads(), sockets()];
       await kafka4.kafkaInitializationService.cleanup();
       console.log(JSON.stringify({ before, imported, mapped, used }));`,
        { env: { KAFKA_BROKER: 'embedded' } },
      );
      expect(result).toMatchObject({ code: 0, hung: false });
      const look = lastLine<Look>(result);
      expect(look.imported).toEqual(look.before);
      expect(look.mapped).toBe(false);
      // The same counting sees threads and sockets once the package is used.
      expect(look.used[0]).toBeGreaterThan(look.before[0]);
      expect(look.used[1]).toBeGreaterThan(look.before[1]);
    },
  );

  test('reading kafkaConfig starts no thread and opens no socket', async () => {
    const result = await runScript(
      `${LOOK}
       const { kafkaConfig, getKafkaMetrics } = await import('kafka4');
       const before = [threads(), sockets()];
       const { brokers } = kafkaConfig;
       const imported = [threads(), sockets()];
       console.log(JSON.stringify({ before, imported, brokers }));`,
    );
    const look = lastLine<Look & { brokers: string[] }>(result);
    expect(look.imported).toEqual(look.before);
    expect(look.brokers).toEqual(['localhost:29092']);
  });
});

test('a program that imports the package and does nothing ends by itself, also with junk in the environment', async () => {
  const env = { KAFKA_LOG_LEVEL: 'junk', KAFKA_BROKER: '::::' };
  const result = await runScript(`import { kafkaProducerService, kafkaConfig } from 'kafka4'; console.log('fine');`, {
    env,
  });
  expect(result).toMatchObject({ code: 0, stdout: 'fine\n', stderr: '', hung: false });
});

test('with junk in the environment every service rejects with the KafkaConfigError, and health is false', async () => {
  const result = await runScript(
    `import * as k from 'kafka4';
     const name = (promise) => promise.then(() => 'resolved', (error) => error.name + ' ' + error.message.includes('KAFKA_TIMEOUT'));
     const names = await Promise.all([
       k.initializeKafka4(), k.kafkaProducerService.connect(), k.kafkaProducerService.publishUserEvent('e', 'u', {}),
       k.kafkaProducerService.publishBatch('t', [{ value: 'x' }]), k.kafkaAdminService.listTopics(), k.getKafka4Status(),
       k.kafkaProducerService.publishTransaction([{ topic: 't', messages: [{ value: 'x' }] }]),
     ].map(name));
     console.log(JSON.stringify({ names, health: await k.checkKafkaHealth() }));`,
    { env: { KAFKA_TIMEOUT: 'soon' } },
  );
  const { names, health } = lastLine<{ names: string[]; health: boolean }>(result);
  expect(names).toEqual(Array(7).fill('KafkaConfigError true'));
  expect(health).toBe(false);
  expect(result.code).toBe(0);
});

test('import and require of the package give one instance, with the same names', async () => {
  const result = await runScript(
    `import * as esm from 'kafka4';
     import byDefault from 'kafka4';
     import { createRequire } from 'node:module';
     const cjs = createRequire(process.cwd() + '/x.js')('kafka4');
     const names = Object.keys(cjs).filter((name) => name !== '__esModule').sort();
     const missing = names.filter((name) => esm[name] !== cjs[name] || byDefault[name] !== cjs[name]);
     const more = Object.keys(esm).filter((name) => !names.includes(name) && !['default', 'module.exports'].includes(name));
     console.log(JSON.stringify({ names, missing, more }));`,
  );
  const { names, missing, more } = lastLine<{ names: string[]; missing: string[]; more: string[] }>(result);
  expect({ missing, more }).toEqual({ missing: [], more: [] });
  // What '@/lib/kafka' has the package has.
  expect(names).toEqual(expect.arrayContaining(Object.keys(library)));
});

const CONTRACT = [
  ...['kafkaProducerService', 'kafkaConsumerService', 'kafkaAdminService', 'kafkaMetricsService'],
  ...['kafkaInitializationService', 'KafkaProducerService', 'KafkaConsumerService', 'KafkaAdminService'],
  ...['KafkaMetricsService', 'KafkaInitializationService', 'initializeKafka4', 'getKafka4Status'],
  ...['checkKafkaHealth', 'getKafkaMetrics', 'kafkaConfig', 'KAFKA_TOPICS'],
];

test("everything that the contract names is exported by '@/lib/kafka', and kafkaConfig by '@/lib/kafka/kafka-config'", async () => {
  expect(Object.keys(library)).toEqual(expect.arrayContaining(CONTRACT));
  expect((await import('@/lib/kafka/kafka-config')).kafkaConfig).toBe(library.kafkaConfig);
  expect(library.KAFKA_TOPICS).toEqual({
    USER_EVENTS: 'user-events',
    COURSE_EVENTS: 'course-events',
    NOTIFICATION_EVENTS: 'notification-events',
    CHAT_EVENTS: 'chat-events',
    ANALYTICS_EVENTS: 'analytics-events',
  });
});

test('every file that package.json names for import and require is there', () => {
  const { exports } = require(join(ROOT, 'package.json')) as { exports: Record<string, unknown> };
  const paths = JSON.stringify(exports).match(/\.\/dist\/[^"]+/g) ?? [];
  expect(paths.length).toBeGreaterThanOrEqual(4);
  for (const path of paths) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
});
