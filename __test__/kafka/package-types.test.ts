// The package's types, for import and require, as the compiler of an application sees them.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/child';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kafka4-types-'));
  mkdirSync(join(dir, 'node_modules', '@types'), { recursive: true });
  symlinkSync(ROOT, join(dir, 'node_modules', 'kafka4'), 'dir');
  symlinkSync(join(ROOT, 'node_modules', '@types', 'node'), join(dir, 'node_modules', '@types', 'node'), 'dir');
  symlinkSync(join(ROOT, 'node_modules', 'undici-types'), join(dir, 'node_modules', 'undici-types'), 'dir');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const PROGRAM = `
  initializeKafka4() satisfies Promise<void>;
  kafkaProducerService.publishUserEvent('login', 'u1', { a: 1 }) satisfies Promise<RecordMetadata[]>;
  kafkaProducerService.publishTransaction([{ topic: 't', messages: [{ value: 'x' }] }]) satisfies Promise<RecordMetadata[][]>;
  kafkaConsumerService.registerUserEventHandler(async ({ topic, partition, message, heartbeat }) => {
    const text: string | undefined = message.value?.toString();
    void [topic, partition, text, heartbeat];
  });
  const handler: BatchHandler = async ({ batch, resolveOffset }) => {
    for (const message of batch.messages) resolveOffset(message.offset);
  };
  kafkaConsumerService.registerAnalyticsEventHandler(handler);
  kafkaConfig.logLevel = 4;
  checkKafkaHealth() satisfies Promise<boolean>;
  getKafka4Status().then((status: Kafka4Status) => status.status satisfies 'healthy' | 'degraded' | 'unhealthy');
  getKafkaMetrics().publishLatency.p99 satisfies number;
  kafkaMetricsService.prometheus() satisfies string;
  new KafkaConfigError('code', 'message').retriable satisfies boolean;
`;
const VALUES =
  'initializeKafka4, kafkaProducerService, kafkaConsumerService, kafkaConfig, checkKafkaHealth, getKafka4Status, getKafkaMetrics, kafkaMetricsService, KafkaConfigError';

const IMPORT = `import { ${VALUES}, type RecordMetadata, type BatchHandler, type Kafka4Status } from 'kafka4';\n`;
const IMPORT_DEFAULT = `import kafka4 from 'kafka4';\nkafka4.kafkaProducerService.connect() satisfies Promise<void>;\n`;
const REQUIRE = `import kafka4 = require('kafka4');
const { ${VALUES} } = kafka4;
type RecordMetadata = kafka4.RecordMetadata; type BatchHandler = kafka4.BatchHandler; type Kafka4Status = kafka4.Kafka4Status;\n`;

function compile(options: Record<string, unknown>, file: string, program: string) {
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: file.endsWith('.mts') ? 'module' : 'commonjs' }));
  writeFileSync(join(dir, file), program);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    skipLibCheck: false,
    types: ['node'],
    preserveSymlinks: true,
    ...options,
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' });
  return { status, stdout };
}

test.each([
  ['node16, ESM', { module: 'node16', moduleResolution: 'node16' }, 'app.mts', IMPORT + PROGRAM],
  ['node16, ESM by default import', { module: 'node16', moduleResolution: 'node16' }, 'app.mts', IMPORT_DEFAULT],
  ['node16, CommonJS by import', { module: 'node16', moduleResolution: 'node16' }, 'app.cts', IMPORT + PROGRAM],
  ['node16, CommonJS by require', { module: 'node16', moduleResolution: 'node16' }, 'app.cts', REQUIRE + PROGRAM],
  ['bundler', { module: 'esnext', moduleResolution: 'bundler' }, 'app.ts', IMPORT + PROGRAM],
])(
  'a program compiles strictly, library checked: %s',
  (_what, options, file, program) => {
    expect(compile(options, file, program)).toEqual({ status: 0, stdout: '' });
  },
  60_000,
);

test('a wrong use does not compile, so the types are no any', () => {
  const wrong = `import { kafkaProducerService, kafkaConfig } from 'kafka4';
    kafkaProducerService.publishUserEvent(1, 'u', {});
    kafkaConfig.compressionType = 'rar';
    kafkaProducerService.noSuchMethod();`;
  const { status, stdout } = compile({ module: 'node16', moduleResolution: 'node16' }, 'app.mts', wrong);
  expect(status).not.toBe(0);
  expect(stdout.match(/error TS/g)?.length).toBe(3);
}, 60_000);
