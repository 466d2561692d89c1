// kafkaConfig and the environment: whatever is set is refused by a KafkaConfigError or is a value that can be read.

import { anything } from '../values/junk.mjs';
import { librdkafka, setting, settingText, VARIABLES } from '../values/settings.mjs';
import { thrown } from '../values/thrown.mjs';

/** Setting and reading a context on which nothing runs. @param {import('../trial.mjs').Trial} t */
export function configuration(t) {
  const { random, world } = t;
  const config = world.idle;
  for (let i = random.between(1, 4); i > 0; i--) set(t, config);
  t.sync('kafkaConfig.toJSON', () => JSON.stringify(config), { ok: true });
  if (random.once(4)) for (const [name] of VARIABLES) config[name] = null;
}

function set(t, config) {
  const { random } = t;
  const kind = random.below(10);
  if (kind === 0) {
    const { value, class: name } = librdkafka(random);
    t.is(name);
    t.sync('kafkaConfig.librdkafka', () => {
      config.librdkafka = value;
    });
    t.sync(
      'kafkaConfig.librdkafka (read)',
      () => Object.isFrozen(config.librdkafka) || t.finding('not frozen', 'librdkafka'),
      { ok: true },
    );
    // What stays must not stand in the way of the next.
    config.librdkafka = {};
    return;
  }
  if (kind === 1) {
    const { value, class: name } = anything(random);
    t.is(`oauthBearerProvider: ${name}`);
    t.sync('kafkaConfig.oauthBearerProvider', () => {
      config.oauthBearerProvider = value;
    });
    config.oauthBearerProvider = undefined;
    return;
  }
  const [name] = random.pick(VARIABLES);
  const { value, class: className } = setting(random);
  t.is(className);
  const before = config[name];
  t.sync(`kafkaConfig.${name}`, () => {
    config[name] = value;
  });
  const after = t.sync(`kafkaConfig.${name} (read)`, () => config[name], { ok: true });
  if (!plausible(name, after))
    t.finding('a setting that cannot be', `${name} was ${JSON.stringify(before)}, is ${JSON.stringify(after)}`);
}

/** The types that KafkaConfigValues promises. */
function plausible(name, value) {
  switch (name) {
    case 'brokers':
      return (
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((each) => typeof each === 'string' && each !== '' && !/[\s,\0]/.test(each))
      );
    case 'timeout':
      return Number.isInteger(value) && value >= 100 && value <= 3_600_000;
    case 'retryAttempts':
      return Number.isInteger(value) && value >= 1 && value <= 1_000;
    case 'batchSize':
      return value === null || (Number.isInteger(value) && value >= 1);
    case 'logLevel':
      return [0, 1, 2, 3, 4].includes(value);
    case 'clientId':
    case 'consumerGroup':
      return typeof value === 'string' && value !== '' && !/[\n\r\0]/.test(value);
    case 'compressionType':
      return ['none', 'gzip', 'snappy', 'lz4', 'zstd'].includes(value);
    case 'securityProtocol':
      return ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(value);
    case 'saslMechanism':
      return ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'].includes(value);
    default:
      return value === null || (typeof value === 'string' && !/[\n\r\0]/.test(value));
  }
}

/** Settings of clients that run: the same, and put back at once. @param {import('../trial.mjs').Trial} t */
export function liveConfiguration(t) {
  const { random, world } = t;
  const { kafkaConfig } = world.kafka4;
  const [name] = random.pick(VARIABLES);
  const { value, class: className } = setting(random);
  t.is(`live ${className}`);
  const before = kafkaConfig[name];
  t.sync(`live kafkaConfig.${name}`, () => {
    kafkaConfig[name] = value;
  });
  if (JSON.stringify(kafkaConfig[name]) !== JSON.stringify(before)) kafkaConfig[name] = before;
}

/** A process whose environment holds junk: each service says so, or works. @param {import('../trial.mjs').Trial} t */
export async function environment(t) {
  const { random, world } = t;
  const variables = {};
  for (let i = random.between(1, 4); i > 0; i--) {
    const { value, class: name } = settingText(random);
    variables[random.pick(VARIABLES)[1]] = value;
    t.is(`environment: ${name}`);
  }
  const context = world.context(variables);
  const { KafkaProducerService, KafkaConsumerService, KafkaAdminService, KafkaInitializationService, KafkaConfig } =
    world.kafka4;
  const producer = new KafkaProducerService(() => context);
  const consumer = new KafkaConsumerService(() => context);
  const initialization = new KafkaInitializationService(producer, consumer, () => context);
  t.sync('kafkaConfig (junk environment)', () => JSON.stringify(new KafkaConfig(() => context)));
  if (context.configError === undefined) return;
  const admin = new KafkaAdminService(() => context);
  await Promise.all([
    t.call('connect (junk environment)', async () => producer.connect(), {
      ok: false,
      code: 'ERR_KAFKA_CONFIG_INVALID',
    }),
    t.call('publish (junk environment)', () => producer.publishBatch('fuzz-one', [{ value: 'v' }]), {
      ok: false,
      code: 'ERR_KAFKA_CONFIG_INVALID',
    }),
    t.call('initialize (junk environment)', () => initialization.initialize(), {
      ok: false,
      code: 'ERR_KAFKA_CONFIG_INVALID',
    }),
    t.call('listTopics (junk environment)', () => admin.listTopics(), { ok: false, code: 'ERR_KAFKA_CONFIG_INVALID' }),
    t.call('checkHealth (junk environment)', () => initialization.checkHealth(), { ok: true }),
    t.call('cleanup (junk environment)', () => initialization.cleanup(), { ok: true }),
  ]);
}

/** Clients with properties of librdkafka that fit nothing. @param {import('../trial.mjs').Trial} t */
export async function clientWithProperties(t) {
  const { random, world } = t;
  const context = world.context({
    KAFKA_BROKER: 'embedded',
    KAFKA_TIMEOUT: '1500',
    KAFKA_LOG_LEVEL: '0',
    KAFKA_RETRY_ATTEMPTS: '2',
  });
  const config = new world.kafka4.KafkaConfig(() => context);
  const { value, class: name } = librdkafka(random);
  t.is(`client with ${name}`);
  t.sync('kafkaConfig.librdkafka', () => {
    config.librdkafka = value;
  });
  const producer = new world.kafka4.KafkaProducerService(() => context);
  await t.call('connect (odd properties)', () => producer.connect());
  await t.call('publish (odd properties)', () => producer.publishBatch('fuzz-odd', [{ key: 'k', value: 'v' }]));
  await t.call('disconnect (odd properties)', () => producer.disconnect(), { ok: true });
}

/** TLS with files that hold none, against nothing. @param {import('../trial.mjs').Trial} t */
export async function tlsFiles(t) {
  const { random, world } = t;
  const { PEM_FILES } = await import('../values/settings.mjs');
  const variables = {
    KAFKA_BROKER: '127.0.0.1:1',
    KAFKA_TIMEOUT: '300',
    KAFKA_LOG_LEVEL: '0',
    KAFKA_RETRY_ATTEMPTS: '1',
    KAFKA_SECURITY_PROTOCOL: 'SSL',
  };
  for (const name of ['KAFKA_SSL_CA_LOCATION', 'KAFKA_SSL_CERTIFICATE_LOCATION', 'KAFKA_SSL_KEY_LOCATION']) {
    const file = random.pick(PEM_FILES);
    if (random.once(2)) {
      variables[name] = file.path;
      t.is(`TLS with PEM: ${file.name}`);
    }
  }
  if (random.once(2)) variables.KAFKA_SSL_KEY_PASSWORD = settingText(random).value.slice(0, 100);
  const producer = new world.kafka4.KafkaProducerService(
    (
      (context) => () =>
        context
    )(world.context(variables)),
  );
  await t.call('connect (TLS)', async () => producer.connect(), { ok: false });
  await t.call('disconnect (TLS)', () => producer.disconnect());
}

/** A token provider that misbehaves, against nothing. @param {import('../trial.mjs').Trial} t */
export async function tokenProvider(t) {
  const { random, world } = t;
  const context = world.context({
    KAFKA_BROKER: '127.0.0.1:1',
    KAFKA_TIMEOUT: '300',
    KAFKA_LOG_LEVEL: '0',
    KAFKA_RETRY_ATTEMPTS: '1',
    KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
    KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
  });
  const config = new world.kafka4.KafkaConfig(() => context);
  const error = thrown(random);
  const [name, provider] = random.pick([
    [
      'throws',
      () => {
        throw error;
      },
    ],
    ['rejects', () => Promise.reject(error)],
    ['never settles', () => new Promise(() => {})],
    ['gives junk', () => anything(random).value],
    ['gives junk as token', () => ({ value: anything(random).value })],
    ['gives junk as principal', () => ({ value: 'a.b.c', principal: anything(random).value })],
    ['gives junk as end', () => ({ value: 'a.b.c', expiresAt: anything(random).value })],
    ['gives an empty token', async () => ({ value: '' })],
    ['gives a token with NUL', async () => ({ value: 'a\0b', principal: 'p\0q' })],
    ['gives 1 MiB', async () => ({ value: 'x'.repeat(2 ** 20) })],
    ['gives one that is over', async () => ({ value: 'a.b.c', expiresAt: -1 })],
  ]);
  t.is(`token provider ${name}`);
  config.oauthBearerProvider = /** @type {any} */ (provider);
  const producer = new world.kafka4.KafkaProducerService(() => context);
  await t.call('connect (OAUTHBEARER)', () => producer.connect(), { ok: false });
  await t.call('disconnect (OAUTHBEARER)', () => producer.disconnect(), { ok: true });
}
