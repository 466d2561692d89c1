// Worker threads that end with sends and handlers in flight; the process and its own client must go on.
//
//   KAFKA_BROKER=… node workers.mjs <way> <seed> <workers>

import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { initializeKafka4, kafkaInitializationService, kafkaProducerService } from 'kafka4';
import { ending, sleep } from './told.mjs';

const [way, seed, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const ENTRY = import.meta.resolve?.('kafka4') ?? 'kafka4';

/** Where a worker is when it is terminated. */
const POINTS = ['loaded', 'initialized', 'publishing', 'consuming'];
const SIDE_BY_SIDE = 3;

const threads = () => readdirSync('/proc/self/task').length;

/** Resolves when the thread is gone. */
function run(n) {
  const point = POINTS[n % POINTS.length];
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
    workerData: { entry: process.env.EXITS_ENTRY ?? ENTRY, way, name: `${seed}-${n}` },
  });
  return new Promise((resolve, reject) => {
    let thrown;
    worker.on('error', (error) => {
      thrown = error;
      if (way !== 'worker-throw' || error.message !== 'a defect of the worker') reject(error);
    });
    worker.on('exit', (code) => {
      if (way === 'worker-throw' && thrown === undefined) reject(new Error('its error did not come'));
      else if (way === 'worker-exit' && code !== 3) reject(new Error(`it ended with code ${code} in place of 3`));
      else if (way === 'worker-natural' && code !== 0) reject(new Error(`it ended with code ${code}`));
      else resolve();
    });
    worker.on('message', (step) => {
      if (way === 'terminate' && step === point) setTimeout(() => worker.terminate(), n % 7);
      if (way === 'exit-with-workers' && step === 'consuming') {
        ending();
        process.exit(7);
      }
    });
  });
}

await initializeKafka4();
await kafkaProducerService.publishUserEvent('exits', 'main', {});
let before;
for (let n = 0; n < count; n += SIDE_BY_SIDE) {
  const group = Array.from({ length: Math.min(SIDE_BY_SIDE, count - n) }, (_, i) => run(seed + n + i));
  await Promise.all(group);
  before ??= threads();
}
// The threads of their clients go after them. All but one round's have had time; the bound is that none add up.
for (let i = 0; i < 1_000 && threads() > before + 4; i += 1) await sleep(10);
if (threads() > before + 4) console.error(`${threads()} threads, after the first workers there were ${before}`);
await kafkaProducerService.publishUserEvent('exits', 'main', { after: 'them' });
ending();
await kafkaInitializationService.cleanup();
