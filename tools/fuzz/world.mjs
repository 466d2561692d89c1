// What a child process fuzzes: the services on the embedded broker, and a reader of everything that arrives.

import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import * as kafka4 from 'kafka4';
import { HandlerBench } from './handler-bench.mjs';
import { fingerprint, Ledger } from './ledger.mjs';

const { Context } = createRequire(import.meta.url)('../../dist/kafka/context.js');

/** Topic of messages, with its partitions. */
export const TOPICS = /** @type {const} */ ([
  ['fuzz-one', 1],
  ['fuzz-three', 3],
  [`long.${'n'.repeat(240)}.12`, 1],
]);

export const EVENT_TOPICS = ['user-events', 'course-events', 'notification-events', 'chat-events', 'analytics-events'];

/** The envelope ends with its time, which nobody can foretell. */
const TAIL = /,"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","version":"4\.0"\}$/;

export class World {
  kafka4 = kafka4;
  ledger = new Ledger();
  reader = new kafka4.KafkaConsumerService();
  producer = kafka4.kafkaProducerService;
  handlers = new HandlerBench(kafka4);
  /** Nothing but settings runs on these. */
  idle = new kafka4.KafkaConfig(
    (
      (context) => () =>
        context
    )(this.context({ KAFKA_BROKER: 'embedded' })),
  );
  registrations = new kafka4.KafkaConsumerService();
  identified = new kafka4.KafkaProducerService();
  /** Bytes of large messages that this batch may still publish: the embedded broker keeps 5 MiB of a partition. */
  largeLeft = 0;
  /** `cleanup()`s of services that share the clients of this world: how many there were, and run now. */
  cleanups = { begun: 0, running: 0 };
  #defects = /** @type {string[]} */ ([]);
  #looked = 0;

  /** A context of its own, on which nothing runs. @param {Record<string, string>} environment */
  context(environment) {
    return new Context(environment);
  }

  async start() {
    // A topic that does not exist is told soon; the default waits 5 s for it to come about.
    kafka4.kafkaConfig.librdkafka = { 'topic.metadata.propagation.max.ms': 200 };
    kafka4.declareTopics(Object.fromEntries(TOPICS.map(([name, partitions]) => [name, { partitions }])));
    await kafka4.initializeKafka4();
    for (const name of [...TOPICS.map(([topic]) => topic), ...EVENT_TOPICS]) {
      this.reader.registerBatchHandler(name, ({ batch }) => {
        for (const message of batch.messages) this.#read(name, message);
      });
    }
    await Promise.all([
      ...[...TOPICS.map(([topic]) => topic), ...EVENT_TOPICS].map((topic) =>
        this.reader.startConsumer(topic, 'reader'),
      ),
      this.handlers.start(),
    ]);
  }

  async stop() {
    await this.handlers.stop();
    await this.reader.stopAllConsumers();
    await kafka4.kafkaInitializationService.cleanup();
    await kafka4.kafkaAdminService.disconnect();
  }

  /** What the views over received messages did wrong. */
  takeDefects() {
    return this.#defects.splice(0);
  }

  #read(topic, message) {
    const { key, value, headerList } = message;
    const isEvent = EVENT_TOPICS.includes(topic);
    if (isEvent && value !== null && !TAIL.test(value.latin1Slice(Math.max(value.length - 80, 0)))) {
      this.#defects.push(`an envelope without its end: ${value.toString().slice(-120)}`);
    }
    const content = isEvent && value !== null ? value.toString('utf8').replace(TAIL, '') : value;
    this.ledger.read(
      fingerprint(topic, {
        key,
        value: typeof content === 'string' ? Buffer.from(content) : content,
        headers: /** @type {any} */ (headerList),
      }),
    );
    this.#looked += 1;
    if (this.#looked % 8 === 0) this.#look(message);
  }

  /** Every view of a message, whatever is in it, gives something or throws what is documented. */
  #look(message) {
    try {
      inspect(message);
      JSON.stringify(message);
      if (Object.keys(message.headers).length > message.headerList.length)
        this.#defects.push('more headers than listed');
      const copy = message.copy();
      if (copy.text() !== message.text() || copy.offset !== message.offset) this.#defects.push('a copy that differs');
    } catch (error) {
      this.#defects.push(`a view threw ${String(error)}`);
    }
    try {
      message.json();
    } catch (error) {
      if (!(error instanceof kafka4.KafkaSerializationError)) this.#defects.push(`json() threw ${String(error)}`);
    }
  }
}
