// kafka4, by its documented calls and with its default settings.

import { readFileSync } from 'node:fs';

/**
 * What `import 'kafka4'` gives to applications. The library is loaded by the worker only: the runner must not hold clients
 * of its own.
 */
const load = () => import('../../dist/index.mjs');

export const rows = [{ name: 'kafka4', title: 'kafka4' }];

export function version() {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

const ACCESS = {
  value: (message) => message.value,
  json: (message) => message.json(),
  key: (message) => message.key,
  headers: (message) => message.headers,
  header: (headers, name) => headers[name],
};

export async function consumer({ topics, group, each }, tally) {
  const { kafkaConsumerService: service } = await load();
  const take = tally.taker(ACCESS);
  for (const topic of topics) {
    if (each === 'batch') {
      service.registerBatchHandler(topic, async ({ batch }) => {
        for (const message of batch.messages) take(message);
      });
    } else {
      service.registerHandler(topic, async ({ message }) => {
        take(message);
      });
    }
  }
  await Promise.all(topics.map((topic) => service.startConsumer(topic, group)));
  return { close: () => service.stopAllConsumers() };
}

export async function producer() {
  const { kafkaProducerService: service } = await load();
  await service.connect();
  return {
    send: (topic, messages) => service.publishBatch(topic, messages),
    event: ({ type, userId, data }) => service.publishUserEvent(type, userId, data),
    close: () => service.disconnect(),
  };
}

/** A topic of the broker inside the process. */
export async function embeddedTopic(numPartitions) {
  const { kafkaAdminService } = await load();
  const topic = 'crossing';
  await kafkaAdminService.createTopics([{ name: topic, partitions: numPartitions, retentionMs: -1 }]);
  return topic;
}
