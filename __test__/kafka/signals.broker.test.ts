// installSignalHandlers() with sends in flight on a real Kafka: what was acknowledged is in the log, what was not was told.

import { useRealBroker } from '../support/broker';
import { runScript } from '../support/child';
import { sharedBroker } from '../support/kafka-tools';
import { readBack } from '../support/read-back';
import { newTopic } from '../support/topics';

useRealBroker();

/** Publishes without a pause until the process ends, and prints what it did in one line each: `s 1`, `a 1`, `r 1 CODE`. */
const script = (topic: string, service: string) => `
  import { writeSync } from 'node:fs';
  import { initializeKafka4, installSignalHandlers, KafkaProducerService, kafkaProducerService } from 'kafka4';
  await initializeKafka4();
  installSignalHandlers();
  const producer = ${service};
  const say = (line) => writeSync(1, line + '\\n');
  let n = 0;
  const publish = () => {
    for (let i = 0; i < 50; i++) {
      const id = n++;
      say('s ' + id);
      producer.publishBatch('${topic}', [{ key: 'k' + (id % 7), value: String(id) }])
        .then(() => say('a ' + id), (error) => say('r ' + id + ' ' + error.code));
    }
    setTimeout(publish, 2);
  };
  publish();
  setTimeout(() => { say('ready'); }, 500);`;

test.each([
  ['SIGTERM', 143, 'the singleton', 'kafkaProducerService'],
  ['SIGINT', 130, 'the singleton', 'kafkaProducerService'],
  ['SIGTERM', 143, "a producer of the application's own", 'new KafkaProducerService()'],
] as const)(
  '%s, code %d, %s',
  async (signal, code, _, service) => {
    const topic = await newTopic(3);
    let signalled = false;
    const result = await runScript(script(topic, service), {
      env: { KAFKA_BROKER: sharedBroker(), KAFKA_LOG_LEVEL: '0' },
      within: 40_000,
      onOutput: (stdout, child) => {
        if (signalled || !stdout.includes('ready\n')) return;
        signalled = true;
        child.kill(signal);
      },
    });
    expect(result).toMatchObject({ code, signal: null, hung: false, stderr: '' });
    const lines = result.stdout.trimEnd().split('\n');
    const of = (kind: string) => lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(' ')[1]!);
    const [sent, acknowledged, rejected] = [of('s'), of('a'), of('r')];
    expect(acknowledged.length).toBeGreaterThan(100);
    // Each is told once, and nobody is forgotten.
    expect([...acknowledged, ...rejected].sort()).toEqual([...sent].sort());
    const codes = new Set(lines.filter((line) => line.startsWith('r ')).map((line) => line.split(' ')[2]));
    expect([...codes].filter((each) => each !== 'ERR_KAFKA_CLOSED')).toEqual([]);
    const stored = (await readBack(topic, acknowledged.length)).map(({ value }) => String(value));
    expect(new Set(stored).size).toBe(stored.length);
    expect(acknowledged.filter((id) => !stored.includes(id))).toEqual([]);
  },
  60_000,
);
