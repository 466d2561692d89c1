// kafka4, by its documented calls.

import {
  KafkaPublishError,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from 'kafka4';

const EVENTS = ['partitionsAssigned', 'partitionsRevoked', 'stalled', 'recovered', 'stopped', 'fatal', 'deadLettered'];
const LETTER = { stored: 's', notStored: 'n', unknown: 'u' };

function configure({ brokers, timeoutMs, librdkafka = {}, debug }) {
  kafkaConfig.brokers = brokers.split(',');
  if (timeoutMs) kafkaConfig.timeout = timeoutMs;
  if (debug) kafkaConfig.logLevel = 4;
  kafkaConfig.librdkafka = { ...librdkafka, ...(debug ? { debug } : {}) };
}

/** @param {any} settings `api: 'event'` sends by publishUserEvent, one message a call, in place of publishBatch */
export async function producer(settings) {
  configure(settings);
  await kafkaProducerService.connect();
  const placed = (stored) => stored.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]);
  return {
    send(topic, messages) {
      if (settings.api !== 'event') return kafkaProducerService.publishBatch(topic, messages).then(placed);
      const [{ key, value }] = messages;
      return kafkaProducerService.publishUserEvent('fault.lab', key, { mark: value }).then(placed);
    },
    // The whole of it, as an application would end: afterwards the process has no reason to stay.
    close: () => kafkaInitializationService.cleanup(),
  };
}

/** `told` tells message by message: s stored, n not stored, u unknown. */
export function describe(error) {
  const { name, code, retriable } = error;
  const told = error instanceof KafkaPublishError ? error.results.map(({ status }) => LETTER[status]).join('') : null;
  return { name, code, retriable, told };
}

export async function consumer(settings, { handle, event }) {
  configure(settings);
  for (const name of EVENTS) {
    kafkaConsumerService.on(name, ({ type, ...data }) => event(type, data));
  }
  kafkaConsumerService.registerHandler(settings.topic, ({ partition, message }) =>
    handle(partition, message.offset, message.value),
  );
  await kafkaConsumerService.startConsumer(settings.topic, settings.group);
  return { close: () => kafkaInitializationService.cleanup() };
}
