// Handles the numbered messages until its standard input ends, and notes which came, how often, and in which order.
//
//   KAFKA_BROKER=… node --expose-gc consumer.mjs '{"topic":"…","group":"…","most":3600000,"file":"handled.bin"}'

import { kafkaConsumerService, kafkaInitializationService } from 'kafka4';
import { Numbers } from './numbers.mjs';
import { stopped, tell } from './told.mjs';

const { topic, group, most, file } = JSON.parse(process.argv[2]);
const handled = new Numbers(most);
const counts = { handled: 0, again: 0, outOfOrder: 0, rebalances: 0 };
/** By partition: the highest number that came. Numbers of a key rise, and a key stays in its partition. */
const newest = new Map();

kafkaConsumerService.registerHandler(topic, ({ partition, message }) => {
  const number = Number.parseInt(message.text(), 10);
  const key = `${partition} ${message.key}`;
  if (handled.note(number) > 0) counts.again += 1;
  else {
    counts.handled += 1;
    const last = newest.get(key) ?? -1;
    if (number < last) counts.outOfOrder += 1;
    else newest.set(key, number);
  }
});
kafkaConsumerService.on('partitionsAssigned', () => {
  counts.rebalances += 1;
});
// What an application does when it is to run through outages: a start that finds no broker is made again.
await kafkaConsumerService.startConsumer(topic, group);
const teller = setInterval(() => {
  global.gc?.();
  tell(counts);
}, 1_000);
tell({ ready: true });
await stopped();
const closing = performance.now();
await kafkaConsumerService.stopAllConsumers();
clearInterval(teller);
handled.write(file);
tell({ ...counts, closedMs: Math.round(performance.now() - closing) });
await kafkaInitializationService.cleanup();
