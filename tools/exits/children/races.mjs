// Calls that begin and end connections, dozens of them at once and in no order. Each settles, with a typed error if it
// rejects, and the process then ends by itself.
//
//   KAFKA_BROKER=… node races.mjs <seed> <races>

import {
  checkKafkaHealth,
  getKafka4Status,
  initializeKafka4,
  KafkaConsumerService,
  KafkaProducerService,
  kafkaAdminService,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from 'kafka4';
import { ending, sleep } from './told.mjs';

const [seed, races] = process.argv.slice(2).map(Number);

/** A whole number below `limit`; the same ones for the same seed (mulberry32). */
let state = seed + 1;
function random(limit) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % limit;
}

/** A call gets the objects of its race. */
const CALLS = [
  ({ producer }) => producer.connect(),
  ({ producer }) => producer.disconnect(),
  ({ producer }) => producer.publishUserEvent('races', 'user', {}),
  ({ consumer, group }) => consumer.startConsumer('user-events', group),
  ({ consumer }) => consumer.stopConsumer('user-events'),
  ({ consumer }) => consumer.stopAllConsumers(),
  () => kafkaProducerService.connect(),
  () => kafkaProducerService.disconnect(),
  () => kafkaProducerService.publishBatch('user-events', [{ value: 'races' }]),
  () => initializeKafka4(),
  () => kafkaInitializationService.cleanup(),
  () => kafkaAdminService.connect(),
  () => kafkaAdminService.disconnect(),
  () => checkKafkaHealth(),
  () => getKafka4Status(),
];
const CALLS_A_RACE = 40;

function rejected(error) {
  if (!/^ERR_KAFKA_/.test(error?.code)) console.error('a rejection without a code', error);
}

async function race(n) {
  const producer = new KafkaProducerService();
  const consumer = new KafkaConsumerService();
  consumer.registerUserEventHandler(() => {});
  const objects = { producer, consumer, group: `races-${process.pid}-${seed}-${n}` };
  const running = [];
  for (let i = 0; i < CALLS_A_RACE; i += 1) {
    // Looked at right away: a rejection that comes before the last call must not count as unhandled.
    running.push(Promise.resolve(CALLS[random(CALLS.length)](objects)).then(undefined, rejected));
    const pause = random(6);
    if (pause === 5) await sleep(random(10));
    else if (pause === 4) await null;
  }
  await Promise.all(running);
  await Promise.all([producer.disconnect(), consumer.stopAllConsumers()]);
}

// The topics, so that starts find one.
await initializeKafka4();
for (let n = 0; n < races; n += 1) await race(n);
ending();
await Promise.all([
  kafkaInitializationService.cleanup(),
  kafkaProducerService.disconnect(),
  kafkaConsumerService.stopAllConsumers(),
  kafkaAdminService.disconnect(),
]);
