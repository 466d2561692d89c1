// A process with everything in flight (sends, handlers, a consumer), which then ends in the way that is named.
//
//   KAFKA_BROKER=… node flight.mjs <way> <delay>    delay: ms between "everything runs" and the end

import {
  initializeKafka4,
  installSignalHandlers,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from 'kafka4';
import { ending, sleep } from './told.mjs';

const [way, delay] = [process.argv[2], Number(process.argv[3])];

/** Sends that wait for their acknowledgement at any time. */
const IN_FLIGHT = 200;

let handled = 0;
let onHandled = () => {};
let sending = true;

async function begin() {
  await initializeKafka4();
  kafkaConsumerService.registerUserEventHandler(async () => {
    handled += 1;
    onHandled();
    await sleep(1);
  });
  await kafkaConsumerService.startConsumer('user-events', `exits-${process.pid}-${Date.now()}`);
  for (let n = 0; n < IN_FLIGHT; n += 1) void keepSending(n);
  while (handled === 0) await sleep(2);
}

async function keepSending(n) {
  while (sending) {
    try {
      await kafkaProducerService.publishUserEvent('exits', `user-${n}`, { n, text: 'x'.repeat(n) });
    } catch (error) {
      // The end takes the connection away. Anything else is told, and fails the run.
      if (!String(error.code).startsWith('ERR_KAFKA_')) console.error(error);
      return;
    }
  }
}

const clean = () => {
  sending = false;
  return kafkaInitializationService.cleanup();
};

/** What happens once everything runs. */
const ENDS = {
  natural: async () => {
    await clean();
  },
  // Nothing is cleaned up: what is in flight is waited for, then nothing keeps the process alive.
  forgotten: async () => {
    await kafkaConsumerService.stopAllConsumers();
    sending = false;
  },
  exit: () => process.exit(7),
  'exit-in-handler': () => {
    onHandled = () => process.exit(7);
  },
  'exit-in-stop': async () => {
    clean();
    await sleep(delay);
    process.exit(7);
  },
  throw: () => {
    throw new Error('a defect of the application');
  },
  reject: () => {
    Promise.reject(new Error('a defect of the application'));
  },
  SIGINT: () => process.kill(process.pid, 'SIGINT'),
  SIGTERM: () => process.kill(process.pid, 'SIGTERM'),
  SIGHUP: () => process.kill(process.pid, 'SIGHUP'),
  'SIGINT-handled': () => process.kill(process.pid, 'SIGINT'),
  'SIGTERM-handled': () => process.kill(process.pid, 'SIGTERM'),
  // Whoever is impatient: the second signal ends the process while the first is being worked on.
  'SIGTERM-twice': async () => {
    process.kill(process.pid, 'SIGTERM');
    await sleep(delay);
    process.kill(process.pid, 'SIGTERM');
  },
};

if (way === 'exit-in-start') {
  begin().catch(() => {});
  await sleep(delay * 4);
  ending();
  process.exit(7);
}
if (way === 'SIGTERM-twice' || way.endsWith('-handled')) installSignalHandlers();
await begin();
await sleep(delay);
ending();
// Outside of this module's own promise, as an application's timers and callbacks are.
setImmediate(() => void ENDS[way]());
