// What a load check tries with an installed kafka4. Each check takes the package and throws where something is wrong; what
// it returns is told.

const { createServer } = require('node:net');
const { CODECS, storedCodecs } = require('./stored-codecs.cjs');

const WITHIN_MS = 60_000;
const TLS_HANDSHAKE = 0x16;
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];

/** All five codecs, on the embedded broker: produced, stored as that, and read back. */
async function codecs(kafka4) {
  Object.assign(kafka4.kafkaConfig, { brokers: ['embedded'], logLevel: 0 });
  for (const codec of CODECS) {
    kafka4.kafkaConfig.compressionType = codec;
    await roundTrip(kafka4, codec);
    await kafka4.kafkaInitializationService.cleanup();
  }
  return `${CODECS.join(', ')}: produced, stored compressed, consumed`;
}

async function roundTrip(kafka4, codec) {
  const topic = `load-check-${codec}`;
  // Alike enough that every codec makes the batch smaller; librdkafka keeps it as it is otherwise.
  const values = Array.from({ length: 100 }, (_, i) =>
    JSON.stringify({ i, text: 'the same again and again '.repeat(20) }),
  );
  kafka4.declareTopics({ [topic]: { partitions: 1 } });
  const got = [];
  const all = new Promise((resolve) => {
    kafka4.kafkaConsumerService.registerHandler(topic, async ({ message }) => {
      got.push(message.value.toString());
      if (got.length === values.length) resolve(undefined);
    });
  });
  await kafka4.initializeKafka4();
  await kafka4.kafkaProducerService.publishBatch(
    topic,
    values.map((value) => ({ value })),
  );
  await kafka4.kafkaConsumerService.startConsumer(topic, topic);
  await within(all, `the messages with ${codec} came back`);
  if (JSON.stringify(got) !== JSON.stringify(values)) throw new Error(`${codec}: what came back is not what was sent`);
  const stored = await storedCodecs(await leaderOf(kafka4), topic);
  const others = stored.filter((each) => each !== codec);
  if (stored.length === 0 || others.length > 0)
    throw new Error(`${codec}: stored as ${stored.join(', ') || 'nothing'}`);
}

async function leaderOf(kafka4) {
  const { cluster } = await kafka4.getKafka4Status();
  const broker = cluster?.brokers?.[0];
  if (!broker) throw new Error('the status of the embedded broker names no broker');
  return typeof broker === 'string' ? broker : `${broker.host}:${broker.port}`;
}

/** The client begins a TLS handshake, with each of the SASL mechanisms: a build without one refuses its settings. */
async function security(kafka4) {
  const greetings = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      greetings.push(bytes[0]);
      socket.destroy();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  try {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    for (const mechanism of [undefined, ...MECHANISMS]) await greet(kafka4, port, mechanism, greetings);
  } finally {
    server.close();
  }
  return `TLS; SASL ${MECHANISMS.join(', ')}`;
}

async function greet(kafka4, port, mechanism, greetings) {
  greetings.length = 0;
  Object.assign(kafka4.kafkaConfig, {
    brokers: [`127.0.0.1:${port}`],
    securityProtocol: mechanism ? 'SASL_SSL' : 'SSL',
    timeout: 2_000,
    retryAttempts: 1,
    ...(mechanism && mechanism !== 'OAUTHBEARER' ? { saslUsername: 'user', saslPassword: 'word' } : {}),
    ...(mechanism ? { saslMechanism: mechanism } : {}),
  });
  kafka4.kafkaConfig.oauthBearerProvider =
    mechanism === 'OAUTHBEARER'
      ? async () => ({ value: 'token', lifetimeMs: Date.now() + 3_600_000, principal: 'user' })
      : undefined;
  const failure = await kafka4.kafkaProducerService.connect().then(
    () => undefined,
    (error) => error,
  );
  await kafka4.kafkaInitializationService.cleanup();
  const what = mechanism ?? 'TLS';
  if (!failure) throw new Error(`${what}: a peer that hangs up was taken for a broker`);
  if (greetings.length === 0) throw new Error(`${what}: no connection was tried: ${failure.code} ${failure.message}`);
  if (greetings.some((byte) => byte !== TLS_HANDSHAKE))
    throw new Error(`${what}: the first byte was ${greetings[0]}, no TLS`);
}

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${WITHIN_MS / 1000} s: ${what}`)), WITHIN_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

module.exports = { codecs, security };
