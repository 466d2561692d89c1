// Contract section 7: no secret ever appears in an error, a log or a metric.

import { inspect } from 'node:util';
import {
  getKafka4Status,
  initializeKafka4,
  kafkaConfig,
  kafkaInitializationService,
  kafkaMetricsService,
} from '@/lib/kafka';
import { runScript } from '../support/child';
import { unusedPort } from '../support/listeners';
import { rejection, thrown } from '../support/until';

const SECRET = 'hunter2-very-secret';

afterEach(async () => {
  await kafkaInitializationService.cleanup();
  kafkaConfig.librdkafka = {};
});

const SECRET_PROPERTIES = [
  'sasl.password',
  'ssl.key.password',
  'ssl.key.pem',
  'ssl.keystore.password',
  'sasl.oauthbearer.config',
  'sasl.oauthbearer.client.secret',
  'sasl.oauthbearer.assertion.private.key.pem',
  'sasl.oauthbearer.assertion.private.key.passphrase',
];

test('inspecting, printing, spreading and serializing kafkaConfig shows no secret', () => {
  kafkaConfig.saslPassword = SECRET;
  kafkaConfig.sslKeyPassword = SECRET;
  kafkaConfig.librdkafka = Object.fromEntries(SECRET_PROPERTIES.map((name) => [name, SECRET]));
  const shown = [
    inspect(kafkaConfig),
    inspect(kafkaConfig, { showHidden: true, depth: 9, getters: true }),
    inspect({ nested: { kafkaConfig } }, { depth: 9 }),
    JSON.stringify(kafkaConfig),
    JSON.stringify({ ...kafkaConfig }),
    `${kafkaConfig}`,
  ];
  for (const text of shown) expect(text).not.toContain('hunter2');
  expect(JSON.parse(JSON.stringify(kafkaConfig))).toMatchObject({
    saslPassword: '********',
    sslKeyPassword: '********',
  });
  expect(kafkaConfig.saslPassword).toBe(SECRET);
});

test.each(SECRET_PROPERTIES)('a refused librdkafka property %s does not show its value', async (name) => {
  kafkaConfig.brokers = ['embedded'];
  kafkaConfig.librdkafka = { [name]: `${SECRET}\nx\0` };
  const error = await rejection(initializeKafka4());
  expect(error.name).toBe('KafkaConfigError');
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
});

test.each(['saslPassword', 'sslKeyPassword'])('a value of the wrong type for kafkaConfig.%s is not shown', (name) => {
  const set = (value: unknown) => {
    (kafkaConfig as unknown as Record<string, unknown>)[name] = value;
  };
  const wrong = [20061983n, { password: SECRET }, [SECRET], `${SECRET}\nx`];
  for (const value of wrong) {
    const error = thrown(() => set(value));
    expect(error.name).toBe('KafkaConfigError');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/hunter2|20061983/);
  }
});

test('a librdkafka property that is a secret of the wrong type is not shown', () => {
  const set = (value: unknown) => {
    kafkaConfig.librdkafka = value as Record<string, string>;
  };
  for (const value of [{ 'sasl.password': 20061983n }, `sasl.password=${SECRET}`, [SECRET]]) {
    const error = thrown(() => set(value));
    expect(error.name).toBe('KafkaConfigError');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/hunter2|20061983/);
  }
});

test('errors, status and metrics of a connection that fails show no secret', async () => {
  kafkaConfig.brokers = [`127.0.0.1:${await unusedPort()}`];
  kafkaConfig.timeout = 1_000;
  kafkaConfig.securityProtocol = 'SASL_PLAINTEXT';
  kafkaConfig.saslUsername = 'alice';
  kafkaConfig.saslPassword = SECRET;
  const error = await rejection(initializeKafka4());
  expect(error.name).toBe('KafkaConnectionError');
  const status = await getKafka4Status();
  const texts = [
    inspect(error, { depth: 9, showHidden: true }),
    JSON.stringify(status),
    kafkaMetricsService.prometheus(),
  ];
  for (const text of texts) expect(text).not.toContain('hunter2');
});

test('the log at level debug, with everything that librdkafka can tell, shows no secret', async () => {
  const port = await unusedPort();
  const result = await runScript(
    `import { kafkaConfig, initializeKafka4, kafkaInitializationService } from 'kafka4';
     kafkaConfig.librdkafka = { debug: 'all', log_level: 7, 'ssl.keystore.password': '${SECRET}-2' };
     await initializeKafka4().catch((error) => console.error(error));
     console.error(kafkaConfig);
     await kafkaInitializationService.cleanup();`,
    {
      env: {
        KAFKA_BROKER: `127.0.0.1:${port}`,
        KAFKA_TIMEOUT: '1500',
        KAFKA_LOG_LEVEL: '4',
        KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
        KAFKA_SASL_USERNAME: 'alice',
        KAFKA_SASL_PASSWORD: SECRET,
        KAFKA_SSL_KEY_PASSWORD: `${SECRET}-3`,
      },
    },
  );
  expect(result).toMatchObject({ code: 0, hung: false });
  expect(result.stderr).toMatch(/\[kafka4\] DEBUG/);
  expect(result.stderr + result.stdout).not.toContain('hunter2');
});
