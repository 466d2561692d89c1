// The report says what was measured, marks what is more than none, and judges nobody but kafka4.

import { markdown } from './judges';

const producer = (more: object = {}) => ({
  name: 'producer-1',
  client: 'kafka4',
  api: 'batch',
  rate: 2000,
  partitions: 6,
  sent: 100,
  acked: 100,
  rejected: 0,
  lost: 0,
  duplicates: 0,
  outOfOrder: 0,
  rejectedButStored: 0,
  wronglyDenied: 0,
  wronglyClaimed: 0,
  misplaced: 0,
  unsettled: 0,
  settledTwice: 0,
  longestWithoutAck: 1_234,
  slowestAck: 2_000,
  errors: {},
  ...more,
});

const result = (more: object = {}) => ({
  scenario: 'latency',
  client: 'kafka4',
  ms: 1_000,
  date: '2020-01-02 03:04',
  session: 'default',
  load: 1,
  loadAfter: 7,
  kills: 0,
  timeline: [{ at: 500, what: 'something' }],
  problems: [],
  recoveries: [100, 900],
  producing: [producer()],
  consuming: [],
  ends: [],
  violations: [],
  ...more,
});

const report = (...results: object[]) =>
  markdown({
    date: '2020-01-02 03:05',
    machine: 'a machine',
    kafka: 'Apache Kafka 4',
    clients: { kafka4: '1.2.3', kafkajs: '2.2.4' },
    results,
  });

test('figures of the clients stand beside each other', () => {
  const text = report(
    result(),
    result({
      client: 'kafkajs',
      producing: [producer({ client: 'kafkajs', lost: 3, errors: { 'KafkaJSError X': 2 } })],
    }),
  );
  expect(text).toContain('| latency | kafka4 | 100 | 100 | 0 | 0 | 0 | 0 | 1.2 | – | – | – | – | 0.9 | 1, 7 |');
  expect(text).toContain('| latency | KafkaJS | 100 | 100 | 0 | **3** | 0 | 0 | 1.2 | – | – | – | – | 0.9 | 1, 7 |');
  expect(text).toContain('- KafkaJS: producer-1: 2 × KafkaJSError X');
  expect(text).toContain('kafka4 1.2.3, kafkajs 2.2.4');
  expect(text).toContain('Load average while it ran: 1 to 7');
});

test('what kafka4 did not keep is told first, what peers did not keep is no finding', () => {
  const ours = report(result({ violations: ['producer-1: 3 stored twice'] }));
  expect(ours).toMatch(/## What kafka4 did not keep\n\n- latency: producer-1: 3 stored twice\n/);
  const theirs = report(result(), result({ client: 'kafkajs', violations: ['producer-1: 9 rejected'] }));
  expect(theirs).toContain('Nothing: all that is demanded below was kept.');
  expect(theirs).not.toContain('9 rejected');
});

test('a scenario that could not be played is told, not left out', () => {
  const text = report(result({ failed: 'Error: the cluster is gone\n    at x', producing: [] }));
  expect(text).toContain('- latency: could not be played to its end: Error: the cluster is gone\n');
  expect(text).toMatch(/\| latency \| kafka4 \| (– \| ){12}could not be played \|/);
});

test('demands are in words, with the figures that are judged by', () => {
  expect(report(result())).toContain('nothing is rejected');
  const outage = report(result({ scenario: 'outage' }));
  expect(outage).toContain('KafkaPublishError ERR_KAFKA_MSG_TIMED_OUT within 11 s');
});
