// Leaving a group: the broker knows at once, whatever the member owned and whatever the group was doing.

import { KafkaConsumerService } from '@/lib/kafka';
import { useRealBroker } from '../support/broker';
import { kafkaTool } from '../support/kafka-tools';
import { newTopic } from '../support/topics';
import { unique, until } from '../support/until';

useRealBroker();

const services: KafkaConsumerService[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stopAllConsumers()));
});

async function join(topic: string, group: string): Promise<KafkaConsumerService> {
  const service = new KafkaConsumerService();
  services.push(service);
  service.registerHandler(topic, () => {});
  await service.startConsumer(topic, group);
  return service;
}

/** How many members the coordinator counts. */
async function members(group: string): Promise<number> {
  const described = await kafkaTool('ConsumerGroupCommand', ['--describe', '--members', '--group', group]);
  return described.split('\n').filter((line) => line.startsWith(`${group} `)).length;
}

test('a member without a partition leaves as well: nobody waits for its session to run out', async () => {
  const [topic, group] = [await newTopic(1), unique('group')];
  await join(topic, group);
  const second = await join(topic, group);
  const third = await join(topic, group);
  await until('all three are there', async () => (await members(group)) === 3);
  // One partition: at least two of three own none.
  const begun = Date.now();
  await second.stopAllConsumers();
  await third.stopAllConsumers();
  // The session, after which the coordinator would forget them by itself, lasts 20 s.
  await until('they are gone', async () => (await members(group)) === 1, 8_000 - (Date.now() - begun));
}, 60_000);
