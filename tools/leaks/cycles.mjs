// Opens and closes clients again and again in one process, and tells what the process holds meanwhile.
//
//   KAFKA_BROKER=… node --expose-gc cycles.mjs <kind> <cycles> <every>
//
// Standard output: one JSON object a line; the first and the last sample are settled: nothing is open, and threads had
// time to end.

import { Worker } from 'node:worker_threads';
import {
  initializeKafka4,
  KafkaProducerService,
  kafkaAdminService,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from 'kafka4';
import { held, named } from './meter.mjs';

const [kind, cycles, every] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];

/** Cycles before the first measurement: the runtime, pools and caches are there then. */
const WARM_UP = 5;
const MESSAGES = 10;
const TOPIC = 'user-events';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const send = (producer) =>
  Promise.all(Array.from({ length: MESSAGES }, (_, n) => producer.publishUserEvent('cycle', `user-${n}`, { n })));

let handled = 0;
const handler = async () => {
  handled += 1;
};

/** `open`: before the first cycle; `close`: after the last one. */
const KINDS = {
  send: {
    cycle: async () => {
      await kafkaProducerService.connect();
      await send(kafkaProducerService);
      await kafkaProducerService.disconnect();
    },
  },
  consume: {
    open() {
      // A producer that stays: only consumers come and go.
      this.producer = new KafkaProducerService();
      kafkaConsumerService.registerUserEventHandler(handler);
      return this.producer.connect();
    },
    async cycle() {
      const before = handled;
      await kafkaConsumerService.startConsumer(TOPIC, `cycles-${process.pid}`);
      await send(this.producer);
      while (handled < before + MESSAGES) await sleep(1);
      await kafkaConsumerService.stopConsumer(TOPIC);
    },
    close() {
      return this.producer.disconnect();
    },
  },
  everything: {
    open: () => kafkaConsumerService.registerUserEventHandler(handler),
    cycle: async () => {
      const before = handled;
      await initializeKafka4();
      await kafkaConsumerService.startConsumer(TOPIC, `cycles-${process.pid}`);
      await send(kafkaProducerService);
      while (handled < before + MESSAGES) await sleep(1);
      await kafkaInitializationService.getStatus();
      await kafkaInitializationService.cleanup();
    },
  },
  transaction: {
    cycle: async () => {
      await kafkaProducerService.publishTransaction([{ topic: TOPIC, messages: [{ value: 'one' }, { value: 'two' }] }]);
      await kafkaProducerService.disconnect();
    },
  },
  worker: {
    cycle: () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { messages: MESSAGES } });
        worker.on('error', reject);
        // Ended with its client open: what that leaves behind is the question.
        worker.on('message', () => worker.terminate());
        worker.on('exit', resolve);
      }),
  },
};

const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

function measure(cycle) {
  global.gc();
  const { heapUsed, external } = process.memoryUsage();
  return { cycle, ...held(), heapKib: Math.round(heapUsed / 1024), externalKib: Math.round(external / 1024) };
}

/** Threads of the runtime rest for 5 s before they go. Ends early once the numbers are those that are wanted. */
async function settled(cycle, wanted) {
  const until = Date.now() + (wanted === undefined ? 6_000 : 30_000);
  for (;;) {
    const now = measure(cycle);
    const back = wanted !== undefined && now.threads <= wanted.threads && now.descriptors <= wanted.descriptors;
    if (back || Date.now() > until) return { ...now, settled: true, ...named() };
    await sleep(100);
  }
}

const self = KINDS[kind];
const { open, cycle, close } = self;
// The first line opens a descriptor of its own.
tell({ begun: kind });
// The topics; the embedded broker, too, which stays.
await initializeKafka4();
await kafkaInitializationService.cleanup();
await open?.call(self);
for (let n = 0; n < WARM_UP; n += 1) await cycle.call(self);
const first = await settled(0);
tell(first);
for (let n = 1; n <= cycles; n += 1) {
  await cycle.call(self);
  if (n % every === 0) tell(measure(n));
}
tell(await settled(cycles, first));
await close?.call(self);
await kafkaInitializationService.cleanup();
await kafkaAdminService.disconnect();
