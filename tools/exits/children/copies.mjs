// Two copies of the addon in one process: kafka4 as it is, and another folder with the same dist/ and .node file.
//
//   KAFKA_BROKER=… node copies.mjs <way> <delay> <folder of the other copy>
//
// `shared`: both find the same state on globalThis, and classes of one are used with objects of the other.
// `apart`: the other one is in a sandbox, as of a test runner, with a state of its own. `worker`: it is a thread's.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { loadApart } from './sandbox.mjs';
import { ending, sleep } from './told.mjs';

const [way, delay, folder] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const require = createRequire(import.meta.url);
const entry = join(folder, 'dist', 'index.js');

/** Sends and handles a message by objects of its own; all of it goes on when this resolves. */
async function use({ KafkaProducerService, KafkaConsumerService, initializeKafka4 }, name) {
  await initializeKafka4();
  const [producer, consumer] = [new KafkaProducerService(), new KafkaConsumerService()];
  let handled = 0;
  consumer.registerUserEventHandler(async () => {
    handled += 1;
    await sleep(1);
  });
  await consumer.startConsumer('user-events', `exits-${process.pid}-${name}`);
  const state = { sending: true };
  const keepSending = async (n) => {
    while (state.sending) await producer.publishUserEvent('exits', `${name}-${n}`, { n });
  };
  const senders = Array.from({ length: 50 }, (_, n) => keepSending(n).catch((error) => error.code ?? error));
  while (handled === 0) await sleep(2);
  return async () => {
    state.sending = false;
    await Promise.all(senders);
    await Promise.all([producer.disconnect(), consumer.stopAllConsumers()]);
  };
}

const one = require('kafka4');
const stopOne = await use(one, 'one');

if (way.startsWith('worker')) {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { entry, way, name: 'two' } });
  const gone = new Promise((resolve, reject) => {
    worker.on('exit', resolve);
    worker.on('error', reject);
  });
  await new Promise((resolve) => {
    worker.on('message', (step) => step === 'consuming' && resolve());
  });
  await sleep(delay);
  ending();
  if (way === 'worker-exit-main') process.exit(7);
  await worker.terminate();
  await gone;
  await stopOne();
  await one.kafkaInitializationService.cleanup();
} else {
  const apart = way.startsWith('apart');
  const two = apart ? loadApart(entry) : require(entry);
  if (two.KafkaProducerService === one.KafkaProducerService) throw new Error('the other copy is the same one');
  if ((two.kafkaProducerService === one.kafkaProducerService) === apart)
    throw new Error('this is not what was asked for');
  const stopTwo = await use(two, 'two');
  await sleep(delay);
  ending();
  if (way.endsWith('-exit')) process.exit(7);
  await Promise.all([stopTwo(), stopOne()]);
  await two.kafkaInitializationService.cleanup();
  if (apart) await one.kafkaInitializationService.cleanup();
}
