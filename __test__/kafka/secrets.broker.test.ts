// Everything that is printed at level debug while each way to authenticate works on a real Kafka, with librdkafka's own
// debugging on, and everything that is exported, inspected: no password, key or token in any of it, in any form.

import { readFileSync } from 'node:fs';
import { type ChildResult, runScript } from '../support/child';
import { startTestBroker, type TestBroker } from '../support/test-broker';

const PASSWORD = 'hunter2 "very\\secret" p%ss/w+rd';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({
    listeners: ['SASL_PLAINTEXT', 'SASL_SSL', 'MTLS'],
    users: { alice: 'alice-secret', bob: 'bob-secret-2' },
    projectTopics: true,
  });
});
afterAll(() => broker?.stop());

/** Uses every service, looks at all that they tell, and prints it. */
const SCRIPT = `
  import { inspect } from 'node:util';
  import * as kafka4 from 'kafka4';
  const { kafkaConfig, kafkaConsumerService, kafkaInitializationService, kafkaProducerService, initializeKafka4 } = kafka4;
  const show = (name, value) => {
    console.log(name, inspect(value, { depth: 12, showHidden: true, getters: true, maxArrayLength: 1000, maxStringLength: null }));
    try { console.log(name, JSON.stringify(value)); } catch {}
  };
  kafkaConfig.librdkafka = { debug: 'all', log_level: 7, ...extra };
  for (const name of ['connectionError', 'fatal', 'warning', 'tokenNeeded', 'partitionsAssigned', 'offsetsCommitted']) {
    kafkaInitializationService.on(name, (event) => show('event', event));
  }
  try {
    await initializeKafka4();
    let handled = 0;
    kafkaConsumerService.registerUserEventHandler(async () => { handled += 1; });
    await kafkaConsumerService.startConsumer('user-events', 'secrets-' + process.pid);
    await kafkaProducerService.publishUserEvent('e', 'u', {});
    await kafkaProducerService.publishTransaction([{ topic: 'chat-events', messages: [{ value: 'x' }] }]);
    while (handled === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    console.log('worked');
  } catch (error) {
    show('error', error);
  }
  show('status', await kafka4.getKafka4Status());
  show('metrics', kafka4.getKafkaMetrics());
  console.log(kafka4.kafkaMetricsService.prometheus());
  for (const set of ['saslPassword', 'sslKeyPassword']) {
    try { kafkaConfig[set] = kafkaConfig[set] ?? 'x'; } catch (error) { show('error', error); }
  }
  try { kafkaConfig.librdkafka = { ...kafkaConfig.librdkafka }; } catch (error) { show('error', error); }
  for (const [name, value] of Object.entries(kafka4)) show(name, value);
  show('state', globalThis[Symbol.for('kafka4.state.v1')]);
  await kafkaInitializationService.cleanup();
  try { kafkaConfig.saslPassword = kafkaConfig.saslPassword + '\\n'; } catch (error) { show('error', error); }`;

const run = (env: Record<string, string | undefined>, before = 'const extra = {};'): Promise<ChildResult> =>
  runScript(SCRIPT.replace('kafkaConfig.librdkafka', `${before}\n  kafkaConfig.librdkafka`), {
    env: { KAFKA_TIMEOUT: '15000', KAFKA_LOG_LEVEL: '4', ...env },
    within: 45_000,
  });

/** A secret as it is, and in the forms in which it travels or is quoted. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('base64').replace(/=+$/, '').slice(0, -2),
    bytes.toString('hex'),
    // As SASL PLAIN sends it.
    Buffer.from(`\0alice\0${secret}`).toString('base64').slice(0, -4),
  ];
}

/** Nothing of these secrets is anywhere; at level debug, so that there is something to search. */
function expectNone(result: ChildResult, secrets: string[], worked: boolean): void {
  expect(result).toMatchObject({ code: 0, signal: null, hung: false });
  expect(result.stdout.includes('worked\n')).toBe(worked);
  const printed = result.stdout + result.stderr;
  expect(result.stderr).toContain('[kafka4] DEBUG');
  expect(printed.length).toBeGreaterThan(20_000);
  for (const secret of secrets) {
    const found = forms(secret).filter((form) => printed.includes(form));
    expect({
      secret,
      found: found.map((form) => printed.slice(printed.indexOf(form) - 80, printed.indexOf(form) + 80)),
    }).toEqual({
      secret,
      found: [],
    });
  }
}

const sasl = (mechanism: string, password: string, protocol = 'SASL_PLAINTEXT') => ({
  KAFKA_BROKER: broker.endpoints[protocol],
  KAFKA_SECURITY_PROTOCOL: protocol,
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_SASL_USERNAME: 'alice',
  KAFKA_SASL_PASSWORD: password,
  KAFKA_SSL_CA_LOCATION: protocol === 'SASL_SSL' ? broker.tls?.ca : undefined,
});

test.each([
  ['PLAIN', 'SASL_PLAINTEXT'],
  ['SCRAM-SHA-256', 'SASL_PLAINTEXT'],
  ['SCRAM-SHA-512', 'SASL_SSL'],
])(
  '%s over %s, with the right password',
  async (mechanism, protocol) => {
    expectNone(await run(sasl(mechanism, 'alice-secret', protocol)), ['alice-secret'], true);
  },
  60_000,
);

test.each(['PLAIN', 'SCRAM-SHA-512'])(
  '%s with a wrong password that needs quoting everywhere',
  async (mechanism) => {
    expectNone(await run({ ...sasl(mechanism, PASSWORD), KAFKA_TIMEOUT: '4000' }), [PASSWORD], false);
  },
  60_000,
);

test('mutual TLS: the password of the key, and the key itself', async () => {
  const { ca, cert, encryptedKey, keyPassword } = broker.tls as NonNullable<TestBroker['tls']>;
  const env = {
    KAFKA_BROKER: broker.endpoints.MTLS,
    KAFKA_SECURITY_PROTOCOL: 'SSL',
    KAFKA_SSL_CA_LOCATION: ca,
    KAFKA_SSL_CERTIFICATE_LOCATION: cert,
    KAFKA_SSL_KEY_LOCATION: encryptedKey,
    KAFKA_SSL_KEY_PASSWORD: keyPassword,
  };
  const lines = readFileSync(encryptedKey, 'utf8').split('\n').slice(1, -2);
  expectNone(await run(env), [keyPassword, ...lines], true);
}, 60_000);

test('a key that is given as text in a librdkafka property', async () => {
  const { ca, cert, key } = broker.tls as NonNullable<TestBroker['tls']>;
  const pem = readFileSync(key, 'utf8');
  const before = `const extra = { 'ssl.key.pem': ${JSON.stringify(pem)}, 'ssl.certificate.pem': ${JSON.stringify(readFileSync(cert, 'utf8'))} };`;
  const env = {
    KAFKA_BROKER: broker.endpoints.MTLS,
    KAFKA_SECURITY_PROTOCOL: 'SSL',
    KAFKA_SSL_CA_LOCATION: ca,
  };
  expectNone(await run(env, before), pem.split('\n').slice(1, -2), true);
}, 60_000);

/** Prints nothing of the token itself: the provider holds it. */
const PROVIDER = `
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const tokens = [];
  kafkaConfig.oauthBearerProvider = () => {
    const expiresAt = Date.now() + 6000;
    const value = part({ alg: 'none' }) + '.' + part({ sub: 'alice', iat: Math.floor(Date.now() / 1000), exp: Math.floor(expiresAt / 1000), jti: 'hunter2-' + tokens.length }) + '.';
    tokens.push(value);
    if (tokens.length > 1) console.log('refreshed');
    return { value, principal: 'alice', expiresAt };
  };
  const extra = {};`;

test('OAUTHBEARER: the tokens, also the refreshed ones', async () => {
  const env = {
    KAFKA_BROKER: broker.endpoints.SASL_PLAINTEXT,
    KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
    KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
  };
  const result = await run(env, PROVIDER);
  // The part of the tokens that tells one from the others is in base64.
  const marks = Array.from({ length: 9 }, (_, n) =>
    Buffer.from(`"jti":"hunter2-${n}"`).toString('base64url').slice(0, 16),
  );
  const header = `${Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')}.`;
  expectNone(result, [header, ...marks, 'hunter2'], true);
}, 60_000);

test('OAUTHBEARER: what a provider throws is masked where it quotes a secret of the settings', async () => {
  const env = {
    KAFKA_BROKER: broker.endpoints.SASL_PLAINTEXT,
    KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
    KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
    KAFKA_SASL_PASSWORD: PASSWORD,
    KAFKA_TIMEOUT: '4000',
  };
  const before = `
    const extra = {};
    kafkaConfig.oauthBearerProvider = () => Promise.reject(new Error('refused for ' + process.env.KAFKA_SASL_PASSWORD));`;
  const result = await run(env, before);
  expectNone(result, [PASSWORD], false);
  expect(result.stdout).toContain('refused for ********');
}, 60_000);
