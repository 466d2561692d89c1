// KafkaJS's configuration as properties of librdkafka.

import * as tls from 'node:tls';
import { Cluster } from '@/lib/kafkajs/config/cluster';
import { durationOf, numeric } from '@/lib/kafkajs/config/numeric';
import { lastWaitMs, retryOf, totalWaitMs } from '@/lib/kafkajs/config/retry';
import { tlsProperties } from '@/lib/kafkajs/config/tls';
import { laneProperties, transactionProperties } from '@/lib/kafkajs/producer/settings';

describe('ssl', () => {
  test('true trusts whom Node trusts', () => {
    const pem = tlsProperties(true)['ssl.ca.pem'] as string;
    expect(pem.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThanOrEqual(tls.rootCertificates.length);
  });

  test('every option that can be passed on is', () => {
    expect(
      tlsProperties({
        ca: ['one', Buffer.from('two')],
        cert: 'cert',
        key: [{ pem: 'key', passphrase: 'within' }],
        servername: 'name',
        ciphers: 'AES',
        ecdhCurve: 'P-256',
        sigalgs: 'RSA',
      }),
    ).toEqual({
      'ssl.ca.pem': 'one\ntwo',
      'ssl.certificate.pem': 'cert',
      'ssl.key.pem': 'key',
      'ssl.key.password': 'within',
      'ssl.endpoint.name': 'name',
      'ssl.cipher.suites': 'AES',
      'ssl.curves.list': 'P-256',
      'ssl.sigalgs.list': 'RSA',
    });
  });

  test('rejectUnauthorized: false looks at nothing', () => {
    expect(tlsProperties({ ca: 'x', rejectUnauthorized: false })).toEqual({
      'ssl.ca.pem': 'x',
      'enable.ssl.certificate.verification': 'false',
      'ssl.endpoint.identification.algorithm': 'none',
    });
    expect(tlsProperties({ ca: 'x', rejectUnauthorized: true })).toEqual({ 'ssl.ca.pem': 'x' });
  });

  test.each([
    ['pfx', { pfx: Buffer.alloc(1) }],
    ['minVersion', { minVersion: 'TLSv1.3' as const }],
    ['checkServerIdentity', { checkServerIdentity: () => undefined }],
  ])('%s cannot be, and is not ignored', (name, options) => {
    expect(() => tlsProperties(options)).toThrow(`ssl.${name} cannot be given to librdkafka`);
  });

  test('what is no PEM is told', () => {
    expect(() => tlsProperties({ ca: 5 as never })).toThrow('ssl.ca must be PEM, a string or a Buffer, not number');
    expect(() => tlsProperties('yes' as never)).toThrow(
      'ssl must be true, false or an object of TLS options, not string',
    );
  });

  test('options that are undefined do not count', () => {
    expect(tlsProperties({ ca: 'x', pfx: undefined, servername: '' })).toEqual({ 'ssl.ca.pem': 'x' });
  });
});

describe('retry', () => {
  test('defaults are those of KafkaJS', () => {
    const retry = retryOf();
    expect(retry).toEqual({ maxRetryTime: 30_000, initialRetryTime: 300, factor: 0.2, multiplier: 2, retries: 5 });
    // 300 + 600 + 1200 + 2400 + 4800
    expect(totalWaitMs(retry)).toBe(9_300);
    expect(lastWaitMs(retry)).toBe(9_600);
  });

  test('the options of the client win over those of the cluster, undefined ones do not', () => {
    expect(retryOf({ retries: 1, multiplier: 3 }, { retries: 2, multiplier: undefined })).toMatchObject({
      retries: 2,
      multiplier: 3,
    });
  });

  test('a wait is never longer than maxRetryTime', () => {
    expect(totalWaitMs(retryOf({ retries: 4, initialRetryTime: 100, maxRetryTime: 150 }))).toBe(100 + 3 * 150);
  });

  test('retries without end are a number', () => {
    expect(Number.isFinite(totalWaitMs(retryOf({ retries: Number.MAX_SAFE_INTEGER })))).toBe(true);
  });
});

describe('a producer', () => {
  const properties = (settings = {}, config = {}, retry = {}): Record<string, string> =>
    laneProperties({ acks: -1, compression: 0, timeout: 30_000, ...settings }, config, retryOf(retry), 30_000);

  test('with all acknowledgements is idempotent', () => {
    expect(properties()).toMatchObject({ acks: 'all', 'enable.idempotence': 'true', 'compression.type': 'none' });
  });

  test.each([0, 1])('with acks %i is not', (acks) => {
    expect(properties({ acks })).toMatchObject({ acks: String(acks), 'enable.idempotence': 'false' });
  });

  test('may have 5 requests in flight where it is idempotent', () => {
    const name = 'max.in.flight.requests.per.connection';
    expect(properties({}, { maxInFlightRequests: 50 })[name]).toBe('5');
    expect(properties({ acks: 1 }, { maxInFlightRequests: 50 })[name]).toBe('50');
    expect(properties({}, { maxInFlightRequests: 1 })[name]).toBe('1');
    expect(properties()[name]).toBeUndefined();
    expect(properties({}, { maxInFlightRequests: null })[name]).toBeUndefined();
  });

  test('gives a send up when KafkaJS would', () => {
    expect(properties()['delivery.timeout.ms']).toBe('39300');
    expect(properties({}, {}, { retries: 0 })['delivery.timeout.ms']).toBe('30000');
    expect(Number(properties({}, {}, { retries: 1e9 })['delivery.timeout.ms'])).toBe(86_400_000);
  });

  test('passes timeout, auto-creation and the age of metadata on', () => {
    expect(properties({ timeout: 1_234 }, { allowAutoTopicCreation: false, metadataMaxAge: 60_000 })).toMatchObject({
      'request.timeout.ms': '1234',
      'allow.auto.create.topics': 'false',
      'topic.metadata.refresh.interval.ms': '60000',
    });
  });

  test('of transactions has their timeout', () => {
    expect(transactionProperties({}, retryOf(), 30_000)['transaction.timeout.ms']).toBe('60000');
    expect(transactionProperties({ transactionTimeout: 5_000 }, retryOf(), 30_000)['transaction.timeout.ms']).toBe(
      '5000',
    );
  });

  test.each([
    ['by its timeout', 10_000, 30_000, 10_000],
    ['by the longest that librdkafka waits', 600_000, 900_000, 300_000],
    ['by requestTimeout', 60_000, 5_000, 5_000],
  ])('of transactions waits for no answer longer than the transaction lasts: bounded %s', (_, lasts, asked, waits) => {
    const found = transactionProperties({ transactionTimeout: lasts }, retryOf(), asked);
    expect(found['socket.timeout.ms']).toBe(String(waits));
    expect(Number(found['delivery.timeout.ms'])).toBeLessThanOrEqual(lasts);
    expect(Number(found['request.timeout.ms'])).toBeLessThanOrEqual(lasts);
  });
});

describe('numbers as programs give them', () => {
  test.each([
    ['5', 5],
    ['-1', -1],
    [7n, 7],
    [1.5, 1.5],
    ['1.5', '1.5'],
    ['', ''],
    [' 1', ' 1'],
    ['x', 'x'],
    [null, null],
    [undefined, undefined],
    [true, true],
  ])('%p is %p', (given, number) => {
    expect(numeric(given)).toBe(number);
  });

  test.each([
    [undefined, 1_000],
    [null, 1_000],
    [0, 1_000],
    [-5, 1_000],
    [NaN, 1_000],
    ['x', 1_000],
    [20, 20],
    ['20', 20],
    [Infinity, Infinity],
  ])('of ms, %p is %p', (given, ms) => {
    expect(durationOf(given, 1_000)).toBe(ms);
  });

  test.each([
    [{ requestTimeout: 0 }, 30_000, 30_000],
    [{ requestTimeout: NaN }, 30_000, 30_000],
    [{ requestTimeout: 2_000 }, 2_000, 2_000],
    [{ requestTimeout: 2_000, enforceRequestTimeout: false }, 2_000, 300_000],
  ])('a cluster with %p', (config, requestTimeout, answerTimeout) => {
    const cluster = new Cluster({ brokers: ['localhost:1'], ...config });
    expect([cluster.requestTimeout, cluster.answerTimeout]).toEqual([requestTimeout, answerTimeout]);
  });

  test.each([
    [{}, 11_000],
    [{ connectionTimeout: NaN, authenticationTimeout: 0 }, 11_000],
    [{ connectionTimeout: '2000' as never, authenticationTimeout: 500 }, 2_500],
  ])('a connection of a cluster with %p', (config, setup) => {
    expect(new Cluster({ brokers: ['localhost:1'], ...config }).setupTimeout).toBe(setup);
  });
});
