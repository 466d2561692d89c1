// Names in the documentation's prose and examples exist: metrics, error codes, variables, methods of services, events.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as kafka4 from '../../lib/index';
import { documentation, ROOT, readPage } from './pages';

const pages = documentation().filter(({ path }) => !/(bench|fault-report|reliability|contract-tests)\.md$/.test(path));
const each = pages.map((page) => [page.path, page] as const);

const found = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name!))];

describe('metrics', () => {
  const topic = 'docs-metric-names';
  let metrics: Set<string>;
  beforeAll(async () => {
    process.env.KAFKA_BROKER = 'embedded';
    kafka4.declareTopics({ [topic]: { partitions: 1 } });
    await kafka4.initializeKafka4();
    // The gauges of partitions are there while one is assigned.
    kafka4.kafkaConsumerService.registerHandler(topic, () => {});
    await kafka4.kafkaConsumerService.startConsumer(topic);
    const text = kafka4.kafkaMetricsService.prometheus();
    metrics = new Set(found(text, /^# TYPE (\S+)/gm));
  });
  afterAll(() => kafka4.kafkaInitializationService.cleanup());

  it.each(each)('of %s', (_, { text }) => {
    const named = found(text, /\b(kafka4_[a-z][a-z_]+)\b/g).map((name) => name.replace(/_(sum|count)$/, ''));
    expect(named.filter((name) => !metrics.has(name))).toEqual([]);
  });
});

describe('error codes', () => {
  const known = new Set(found(readPage('docs/errors.md').text, /\b(ERR_KAFKA_[A-Z_]*[A-Z])\b/g));
  it.each(each)('of %s', (_, { text }) => {
    expect(found(text, /\b(ERR_KAFKA_[A-Z_]*[A-Z])\b(?!_)/g).filter((code) => !known.has(code))).toEqual([]);
  });
});

it('every code that the sources name is documented', () => {
  const known = readPage('docs/errors.md').text;
  const folder = join(ROOT, 'lib');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const codes = files.flatMap((name) => found(readFileSync(join(folder, name), 'utf8'), /'(ERR_KAFKA_[A-Z_]*[A-Z])'/g));
  expect([...new Set(codes)].filter((code) => !known.includes(`\`${code}\``))).toEqual([]);
});

describe('variables', () => {
  const example = readFileSync(join(ROOT, '.env.example'), 'utf8');
  const known = new Set(found(example, /\b(KAFKA_[A-Z_]*[A-Z])\b/g));
  it.each(each)('of %s', (_, { text }) => {
    const own = text.replace(/process\.env\.\w+/g, '');
    expect(
      found(own, /(?<![A-Z_])(KAFKA_[A-Z_]*[A-Z])\b(?!_|…)/g).filter((name) => !known.has(name) && !(name in kafka4)),
    ).toEqual([]);
  });
});

describe('members of services', () => {
  it.each(each)('of %s', (_, { text }) => {
    const named = [...text.matchAll(/\b(kafka(?:Producer|Consumer|Admin|Metrics|Initialization)Service)\.(\w+)/g)];
    const missing = named.filter(([, service, member]) => !(member! in (kafka4 as any)[service!]));
    expect(missing.map(([name]) => name)).toEqual([]);
  });
});

describe('settings', () => {
  it.each(each)('of %s', (_, { text }) => {
    const named = found(text, /\bkafkaConfig\.(\w+)/g);
    expect(named.filter((name) => !(name in kafka4.kafkaConfig))).toEqual([]);
  });
});
