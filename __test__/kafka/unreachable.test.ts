// Contract section 5: no broker is a KafkaConnectionError within KAFKA_TIMEOUT that says what was tried and why it failed.

import { createServer } from 'node:net';
import {
  checkKafkaHealth,
  getKafka4Status,
  initializeKafka4,
  KafkaConnectionError,
  kafkaAdminService,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { silentServer, unusedPort } from '../support/listeners';
import { rejection, until } from '../support/until';

const TIMEOUT = 2_000;
/** What a busy machine may add to a bound of the contract. */
const SLACK = 2_000;

beforeAll(() => {
  kafkaConfig.logLevel = 0;
});
beforeEach(async () => {
  await kafkaInitializationService.cleanup();
  kafkaConfig.timeout = TIMEOUT;
  kafkaConfig.retryAttempts = 8;
});
afterAll(() => kafkaInitializationService.cleanup());

async function timed<T>(promise: Promise<T>): Promise<{ result: T; ms: number }> {
  const from = Date.now();
  return { result: await promise, ms: Date.now() - from };
}

test('nothing listening: initializeKafka4 rejects within KAFKA_TIMEOUT and names each address with its reason', async () => {
  const ports = [await unusedPort(), await unusedPort()];
  kafkaConfig.brokers = ports.map((port) => `127.0.0.1:${port}`);
  const { result: error, ms } = await timed(rejection<KafkaConnectionError>(initializeKafka4()));
  expect(ms).toBeLessThan(TIMEOUT + SLACK);
  expect(error).toBeInstanceOf(KafkaConnectionError);
  expect(error).toMatchObject({ code: 'ERR_KAFKA_CONNECTION_FAILED', retriable: true, fatal: false });
  for (const port of ports) expect(error.message).toContain(`127.0.0.1:${port}`);
  expect(error.message).toMatch(/refused/i);
  expect(error.message).toContain('KAFKA_BROKER');
  expect(error.details.brokers).toEqual(
    ports.map((port) => ({ address: `127.0.0.1:${port}`, reason: expect.stringMatching(/refused/i) })),
  );
  expect(kafkaInitializationService.isKafkaInitialized()).toBe(false);
});

test('a broker that takes connections and never answers: a KafkaConnectionError in time', async () => {
  const server = await silentServer();
  try {
    kafkaConfig.brokers = [server.address];
    const { result: error, ms } = await timed(rejection<KafkaConnectionError>(initializeKafka4()));
    expect(ms).toBeLessThan(TIMEOUT + SLACK);
    expect(error).toBeInstanceOf(KafkaConnectionError);
    expect(error.message).toContain(server.address);
    expect(server.connections()).toBeGreaterThan(0);
  } finally {
    await kafkaInitializationService.cleanup();
    await server.close();
  }
});

test('a name that does not resolve: a KafkaConnectionError that names it', async () => {
  kafkaConfig.brokers = ['no-such-host.invalid:9092'];
  const { result: error, ms } = await timed(rejection<KafkaConnectionError>(initializeKafka4()));
  expect(ms).toBeLessThan(TIMEOUT + SLACK);
  expect(error).toBeInstanceOf(KafkaConnectionError);
  expect(error.message).toContain('no-such-host.invalid:9092');
  expect(error.message).toMatch(/resolve/i);
});

test('something that is no Kafka answers: a KafkaConnectionError in time', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.resume();
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    kafkaConfig.brokers = [`127.0.0.1:${(server.address() as { port: number }).port}`];
    const { result: error, ms } = await timed(rejection(initializeKafka4()));
    expect(ms).toBeLessThan(TIMEOUT + SLACK);
    expect(error).toBeInstanceOf(KafkaConnectionError);
  } finally {
    await kafkaInitializationService.cleanup();
    await new Promise((resolve) => server.close(resolve));
  }
});

test('KAFKA_RETRY_ATTEMPTS bounds the attempts of a connect: 1 gives up sooner than the timeout', async () => {
  kafkaConfig.timeout = 20_000;
  kafkaConfig.retryAttempts = 1;
  kafkaConfig.brokers = [`127.0.0.1:${await unusedPort()}`];
  const { result: error, ms } = await timed(rejection<KafkaConnectionError>(initializeKafka4()));
  expect(error).toBeInstanceOf(KafkaConnectionError);
  expect(error.details.attempts).toBe(1);
  expect(ms).toBeLessThan(5_000);
});

test('every service rejects with a KafkaConnectionError, none hangs and none crashes', async () => {
  kafkaConfig.brokers = [`127.0.0.1:${await unusedPort()}`];
  kafkaConsumerService.registerHandler('some-topic', () => Promise.resolve());
  const calls = [
    kafkaProducerService.connect(),
    kafkaProducerService.publishUserEvent('e', 'u', {}),
    kafkaProducerService.publishBatch('some-topic', [{ value: 'x' }]),
    kafkaProducerService.publishTransaction([{ topic: 'some-topic', messages: [{ value: 'x' }] }]),
    kafkaConsumerService.startConsumer('some-topic'),
    kafkaAdminService.listTopics(),
  ];
  const { result: errors, ms } = await timed(Promise.all(calls.map((call) => rejection(call))));
  for (const error of errors) expect([error.name, error.message]).toEqual(['KafkaConnectionError', expect.any(String)]);
  // The transaction waits for the connect that the others share, then tries its own.
  expect(ms).toBeLessThan(2 * TIMEOUT + SLACK);
});

test('checkKafkaHealth is false and getKafka4Status says why, within 5 s', async () => {
  kafkaConfig.timeout = 30_000;
  kafkaConfig.brokers = [`127.0.0.1:${await unusedPort()}`];
  const { result, ms } = await timed(Promise.all([checkKafkaHealth(), getKafka4Status()]));
  const [healthy, status] = result;
  expect(ms).toBeLessThan(5_000 + SLACK);
  expect(healthy).toBe(false);
  expect(status).toMatchObject({ initialized: false, status: 'unhealthy', responseTime: null, cluster: null });
  expect(status.reasons.length).toBeGreaterThan(0);
  const alone = await timed(getKafka4Status());
  expect(alone.ms).toBeLessThan(5_000 + SLACK);
  expect(alone.result.reasons.join('\n')).toContain(kafkaConfig.brokers[0]);
});

test('checkKafkaHealth stays within 5 s while initializeKafka4 waits for a silent broker', async () => {
  const server = await silentServer();
  try {
    kafkaConfig.timeout = 12_000;
    kafkaConfig.brokers = [server.address];
    const initializing = rejection(initializeKafka4());
    await until('it tries to connect', () => server.connections() > 0);
    const { result: healthy, ms } = await timed(checkKafkaHealth());
    expect(healthy).toBe(false);
    expect(ms).toBeLessThan(5_000 + SLACK);
    expect(await initializing).toBeInstanceOf(KafkaConnectionError);
  } finally {
    await kafkaInitializationService.cleanup();
    await server.close();
  }
});

test('cleanup stays within KAFKA_TIMEOUT while initializeKafka4 waits for a silent broker', async () => {
  const server = await silentServer();
  try {
    kafkaConfig.brokers = [server.address];
    const initializing = rejection(initializeKafka4());
    await until('it tries to connect', () => server.connections() > 0);
    const { ms } = await timed(kafkaInitializationService.cleanup());
    expect(ms).toBeLessThan(TIMEOUT + SLACK);
    await initializing;
  } finally {
    await server.close();
  }
});

test('after a failed initializeKafka4 another call works once there is a broker', async () => {
  kafkaConfig.brokers = [`127.0.0.1:${await unusedPort()}`];
  expect(await rejection(initializeKafka4())).toBeInstanceOf(KafkaConnectionError);
  // Nothing is half open: the setting can be changed without cleanup().
  kafkaConfig.brokers = ['embedded'];
  kafkaConfig.timeout = 30_000;
  await initializeKafka4();
  const [metadata] = await kafkaProducerService.publishUserEvent('e', 'u', {});
  expect(metadata?.topicName).toBe('user-events');
});
