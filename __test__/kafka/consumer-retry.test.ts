// A message handler that throws: back-off retries, and the policies that end them.

import {
  kafkaConsumerService as consumers,
  getKafka4Status,
  type Kafka4Event,
  KafkaValidationError,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { deferred } from '../support/deferred';
import { keep, newTopic, numbered, sequence } from '../support/topics';
import { thrown, until } from '../support/until';

useEmbeddedBroker({ KAFKA_RETRY_ATTEMPTS: '3' });

const quick = { initialBackoffMs: 20, maxBackoffMs: 40 };

async function storedOf(topic: string): Promise<number | null | undefined> {
  const { consumers: status } = await getKafka4Status();
  return status.groups.flatMap(({ partitions }) => partitions).find((p) => p.topic === topic)?.stored;
}

test('a handler that throws is called again, KAFKA_RETRY_ATTEMPTS times in all, before the next message', async () => {
  const topic = await newTopic();
  const calls: string[] = [];
  consumers.registerHandler(
    topic,
    ({ message }) => {
      calls.push(message.text()!);
      if (message.text() === '1' && calls.length < 4) throw new Error('not yet');
    },
    { retry: quick },
  );
  await producer.publishBatch(topic, numbered(3));
  await consumers.startConsumer(topic);
  await until('the last message', () => calls.includes('2'));
  expect(calls).toEqual(['0', '1', '1', '1', '2']);
});

test('pauses between attempts grow exponentially up to their maximum', async () => {
  const topic = await newTopic();
  const failures: Extract<Kafka4Event, { type: 'handlerFailed' }>[] = [];
  const off = consumers.on('handlerFailed', (event) => failures.push(event));
  const times: number[] = [];
  consumers.registerHandler(
    topic,
    () => {
      times.push(performance.now());
      throw new TypeError('always');
    },
    { retry: { attempts: 5, initialBackoffMs: 20, multiplier: 3, maxBackoffMs: 100, jitter: 0, deadLetter: false } },
  );
  await consumers.startConsumer(topic);
  await producer.publishBatch(topic, [{ value: 'x' }]);
  await until('five attempts', () => failures.length === 5);
  expect(failures.map(({ attempt, retryInMs }) => [attempt, retryInMs])).toEqual([
    [1, 20],
    [2, 60],
    [3, 100],
    [4, 100],
    [5, null],
  ]);
  expect(failures[0]).toMatchObject({ topic, partition: 0, offset: 0, error: 'TypeError: always' });
  const pauses = times.slice(1).map((time, i) => time - times[i]!);
  expect(pauses.every((pause, i) => pause >= [20, 60, 100, 100][i]! - 2)).toBe(true);
  off();
});

test('while a message is retried other partitions go on', async () => {
  const topic = await newTopic(3);
  const done: number[] = [0, 0, 0];
  const [failedOnce, mayRecover] = [deferred(), deferred()];
  let recovered = false;
  void mayRecover.promise.then(() => {
    recovered = true;
  });
  consumers.registerHandler(
    topic,
    ({ partition }) => {
      if (partition === 1 && !recovered) {
        failedOnce.resolve();
        throw new Error('partition 1 cannot');
      }
      done[partition]! += 1;
    },
    { retry: { attempts: 100_000, initialBackoffMs: 5, maxBackoffMs: 5 } },
  );
  await producer.publishBatch(
    topic,
    [1, 0, 2].flatMap((partition) => numbered(3_000, partition)),
  );
  await consumers.startConsumer(topic);
  await failedOnce.promise;
  await until('the others', () => done[0] === 3_000 && done[2] === 3_000);
  expect(done[1]).toBe(0);
  mayRecover.resolve();
  await until('partition 1', () => done[1] === 3_000);
});

test('deadLetter: false gives the message up after the last attempt', async () => {
  const topic = await newTopic();
  const calls: string[] = [];
  consumers.registerHandler(
    topic,
    ({ message }) => {
      calls.push(message.text()!);
      if (message.text() === '1') throw new Error('poison');
    },
    { retry: { ...quick, attempts: 2, deadLetter: false } },
  );
  await producer.publishBatch(topic, numbered(3));
  await consumers.startConsumer(topic);
  await until('the next message', () => calls.includes('2'));
  expect(calls).toEqual(['0', '1', '1', '2']);
  keep(`${topic}.dlq`);
  await expect(consumers.startConsumer(`${topic}.dlq`)).rejects.toMatchObject({
    code: expect.stringMatching(/UNKNOWN_TOPIC/),
  });
});

test('stop: true stops the topic before the message, which a later start gets again', async () => {
  const topic = await newTopic();
  const calls: string[] = [];
  let healed = false;
  const stopped: Kafka4Event[] = [];
  const off = consumers.on('stopped', (event) => stopped.push(event));
  consumers.registerHandler(
    topic,
    async ({ message }) => {
      calls.push(message.text()!);
      if (message.text() === '10' && !healed) {
        // More batches arrive behind the one that fails.
        await producer.publishBatch(topic, numbered(10, 0, 'later '));
        throw new Error('stop here');
      }
    },
    { retry: { ...quick, attempts: 1, stop: true } },
  );
  await consumers.startConsumer(topic, 'stop-group');
  for (let i = 0; i < 20; i++) await producer.publishBatch(topic, [{ value: String(i) }]);
  await until('the stop', () => stopped.length > 0 && !consumers.isConsumerActive(topic));
  expect(stopped).toEqual([
    { type: 'stopped', groupId: 'stop-group', topic, error: expect.objectContaining({ message: 'stop here' }) },
  ]);
  expect(calls).toEqual(sequence(11));
  healed = true;
  await consumers.startConsumer(topic, 'stop-group');
  await until('the rest', () => calls.length >= 11 + 20);
  // The handler publishes while the test still does: what is `later` may come among them.
  expect(calls.slice(11).filter((text) => !text.startsWith('later '))).toEqual(sequence(20).slice(10));
  off();
});

test('setRetryPolicy takes effect at once, and refuses what is no policy', async () => {
  const topic = await newTopic();
  let calls = 0;
  consumers.registerHandler(topic, () => {
    calls += 1;
    throw new Error('never');
  });
  consumers.setRetryPolicy(topic, { attempts: 1_000, initialBackoffMs: 5, maxBackoffMs: 5 });
  await producer.publishBatch(topic, [{ value: 'x' }]);
  await consumers.startConsumer(topic);
  await until('some attempts', () => calls > 5);
  consumers.setRetryPolicy(topic, { attempts: 2, deadLetter: false });
  await until('it is given up', async () => (await storedOf(topic)) === 1);
  const bad: unknown[] = [
    null,
    7,
    'x',
    { attempts: 0 },
    { attempts: 1.5 },
    { attempts: Number.NaN },
    { attempts: '3' },
    { attempts: -1 },
    { initialBackoffMs: -1 },
    { initialBackoffMs: Number.POSITIVE_INFINITY },
    { initialBackoffMs: 100, maxBackoffMs: 10 },
    { multiplier: 0.5 },
    { jitter: 2 },
    { deadLetter: 'yes' },
    { stop: 1 },
    { stop: true, deadLetter: true },
    { tries: 3 },
  ];
  for (const policy of bad) {
    expect(thrown(() => consumers.setRetryPolicy(topic, policy as object))).toBeInstanceOf(KafkaValidationError);
    expect(thrown(() => consumers.registerHandler('other', () => {}, { retry: policy as object }))).toBeInstanceOf(
      KafkaValidationError,
    );
  }
});

test('a topic stopped during a back-off stops at once; the message comes again after a start', async () => {
  const topic = await newTopic();
  const calls: string[] = [];
  let healed = false;
  consumers.registerHandler(
    topic,
    ({ message }) => {
      calls.push(message.text()!);
      if (!healed && message.text() === '1') throw new Error('later');
    },
    { retry: { attempts: 5, initialBackoffMs: 60_000, maxBackoffMs: 60_000 } },
  );
  await producer.publishBatch(topic, numbered(3));
  await consumers.startConsumer(topic);
  await until('the failure', () => calls.length === 2);
  await consumers.stopConsumer(topic);
  healed = true;
  await consumers.startConsumer(topic);
  await until('the rest', () => calls.length >= 4);
  expect(calls).toEqual(['0', '1', '1', '2']);
});
