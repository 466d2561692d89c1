// The demonstration: what an application does with kafka4 in one run, step by step, with everything that
// is sent looked for again at its handler. It draws nothing; whoever shows it looks at the `Run`.

import { count, duration, plural, rate } from '../terminal/format.mjs';
import { batchKey, batchText, envelopeOf, KINDS } from './events.mjs';
import { Ledger } from './ledger.mjs';

/** How much is sent. The whole fits into what the embedded broker keeps: 5 MiB a partition. */
export const PLAN = { seconds: 4, perSecond: 2_000, inFlight: 256, batches: 5, batchSize: 20_000, transactions: 20 };

/** So long may nothing arrive while something is still due. */
const PATIENCE_MS = 15_000;

const STEPS = {
  connect: 'Connect, create topics',
  handlers: 'Start the handlers',
  traffic: 'Events of every kind',
  batch: 'Batches',
  transaction: 'Transactions',
  verify: 'Receive and verify',
  inspect: 'Health, status, metrics',
  cleanup: 'Clean up',
};

/** An end that is told in plain words. */
export class DemoFailure extends Error {
  name = 'DemoFailure';
}

/** The state of a run, for those who show it. */
export class Run {
  /** @type {{ id: string, name: string, state: 'wait' | 'run' | 'ok' | 'fail', detail: string, ms: number }[]} */
  steps = Object.entries(STEPS).map(([id, name]) => ({ id, name, state: 'wait', detail: '', ms: 0 }));
  begin = performance.now();
  /** @type {any} */ batch = undefined;
  /** @type {any} */ transaction = undefined;
  health = undefined;
  /** @type {any} */ status = undefined;
  /** @type {any} */ metrics = undefined;
  /** @type {string[]} */ failures = [];

  /** @param {{ broker: string, id: string, plan?: Partial<typeof PLAN> }} options */
  constructor({ broker, id, plan = {} }) {
    this.broker = broker;
    this.id = id;
    this.plan = { ...PLAN, ...plan };
    this.ledgers = KINDS.map((kind) => new Ledger(kind, id));
  }

  total(field) {
    return this.ledgers.reduce((sum, ledger) => sum + ledger[field], 0);
  }

  get label() {
    return this.embedded ? 'embedded broker' : this.broker;
  }

  get embedded() {
    return this.broker.trim().startsWith('embedded');
  }

  get seconds() {
    return (performance.now() - this.begin) / 1000;
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {any} api              the package
 * @param {Run} run
 * @param {object} options
 * @param {AbortSignal} options.signal
 * @param {(step: Run['steps'][number]) => void} [options.onStep]  a step has begun or ended
 */
export async function runDemo(api, run, { signal, onStep = () => {} }) {
  const step = async (id, work) => {
    signal.throwIfAborted();
    const entry = run.steps.find((one) => one.id === id);
    const begin = performance.now();
    entry.state = 'run';
    onStep(entry);
    try {
      entry.detail = await work((detail) => (entry.detail = detail));
      entry.state = 'ok';
    } catch (error) {
      entry.state = 'fail';
      throw error;
    } finally {
      entry.ms = performance.now() - begin;
      onStep(entry);
    }
  };

  await step('connect', async () => {
    // The topics of a real broker may be full of others' events; they are none of this run's business.
    if (!run.embedded) {
      const { librdkafka } = api.kafkaConfig;
      api.kafkaConfig.librdkafka = { ...librdkafka, 'auto.offset.reset': 'latest' };
    }
    await api.initializeKafka4();
    return `${KINDS.length} topics, ${KINDS.reduce((sum, kind) => sum + kind.partitions, 0)} partitions`;
  });
  await step('handlers', () => startHandlers(api, run, signal));
  await step('traffic', () => traffic(api, run, signal));
  await step('batch', () => batches(api, run, signal));
  await step('transaction', () => transactions(api, run, signal));
  await step('verify', (progress) => verify(run, signal, progress));
  await step('inspect', async () => {
    run.health = await api.checkKafkaHealth();
    run.status = await api.getKafka4Status();
    run.metrics = await api.getKafkaMetrics();
    if (!run.health) run.failures.push('checkKafkaHealth() says that Kafka is not healthy');
    return run.status?.status ?? '';
  });
  await step('cleanup', async () => {
    await api.kafkaInitializationService.cleanup();
    return 'everything is closed';
  });
}

async function startHandlers(api, run, signal) {
  for (const ledger of run.ledgers) {
    const handler = ledger.kind.batches
      ? async ({ batch }) => {
          for (const message of batch.messages) ledger.receive(message, batch.partition);
        }
      : async ({ message, partition }) => ledger.receive(message, partition);
    api.kafkaConsumerService[ledger.kind.register](handler);
  }
  await api.kafkaConsumerService.startAllConsumers();

  // A consumer that has joined reads from now on, and "now" comes a little later for every partition. So
  // send messages that do not count until one has come from each partition. The first messages of a
  // connection are slow besides, and should not be in the measurement.
  const begin = performance.now();
  const reached = new Map(run.ledgers.map((ledger) => [ledger, new Set()]));
  const waiting = (ledger) => {
    const known = /** @type {Set<number>} */ (reached.get(ledger));
    return known.size === 0 || [...known].some((partition) => !ledger.partitions.has(partition));
  };
  for (let wave = 1; wave === 1 || run.ledgers.some(waiting); wave += 1) {
    signal.throwIfAborted();
    if (performance.now() - begin > PATIENCE_MS) {
      const missing = run.ledgers.filter(waiting).map((ledger) => ledger.kind.topic);
      throw new DemoFailure(`The handlers of ${missing.join(', ')} got no message within ${duration(PATIENCE_MS)}`);
    }
    await Promise.all(
      run.ledgers
        .filter((ledger) => wave === 1 || waiting(ledger))
        .map((ledger) => probe(api, ledger, run.id, wave, reached)),
    );
    for (let turn = 0; turn < 20 && run.ledgers.some(waiting); turn += 1) await sleep(10);
  }
  return `${plural(api.kafkaConsumerService.getActiveConsumers().length, 'consumer')}, all partitions`;
}

/** Enough keys that every partition gets one of them. */
async function probe(api, ledger, run, wave, reached) {
  const { kind } = ledger;
  const keys = Array.from({ length: kind.partitions * 6 }, (_, index) => `probe-${wave}-${index}`);
  await Promise.all(
    keys.map(async (id) => {
      const [metadata] = await kind.publish(api.kafkaProducerService, {
        eventType: 'quickstart_probe',
        id,
        userId: 'quickstart',
        data: { run, seq: -1 },
      });
      reached.get(ledger).add(Number(metadata?.partition ?? 0));
    }),
  );
}

/** A steady stream of single awaited publishes, mixed by weight. */
async function traffic(api, run, signal) {
  const { seconds, perSecond, inFlight } = run.plan;
  const order = run.ledgers.flatMap((ledger) => Array(ledger.kind.weight).fill(ledger));
  const begin = performance.now();
  let started = 0;
  let open = 0;
  let failure;
  while (performance.now() - begin < seconds * 1000 && !failure) {
    signal.throwIfAborted();
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
    // A machine that cannot keep up sends less, it does not pile up promises.
    while (started < due && open < inFlight) {
      open += 1;
      order[started % order.length]
        .publish(api.kafkaProducerService)
        .catch((error) => (failure ??= error))
        .finally(() => (open -= 1));
      started += 1;
    }
    if (open >= inFlight) started = due;
    await sleep(2);
  }
  while (open > 0) {
    signal.throwIfAborted();
    await sleep(5);
  }
  if (failure) throw failure;
  const sent = run.total('sent');
  return `${count(sent)} one by one, ${rate(sent / ((performance.now() - begin) / 1000))}`;
}

async function batches(api, run, signal) {
  const { batches, batchSize } = run.plan;
  const ledger = run.ledgers.find((one) => one.kind.batches);
  const { topic } = ledger.kind;
  let publishMs = 0;
  let bytes = 0;
  const begin = performance.now();
  const before = ledger.received;
  for (let turn = 0; turn < batches; turn += 1) {
    signal.throwIfAborted();
    const from = ledger.reserveBatch(batchSize);
    const messages = Array.from({ length: batchSize }, (_, index) => ({
      key: batchKey(from + index),
      value: batchText(from + index, run.id),
    }));
    bytes += messages.reduce((sum, message) => sum + message.value.length, 0);
    const start = performance.now();
    await api.kafkaProducerService.publishBatch(topic, messages);
    publishMs += performance.now() - start;
    ledger.acknowledged += batchSize;
  }
  // The handler's rate is measured until the last of them has come; the step after this sends little.
  await arrival(run, signal);
  const total = batches * batchSize;
  run.batch = {
    topic,
    messages: total,
    calls: batches,
    bytes,
    publishMs,
    publishPerSecond: total / (publishMs / 1000),
    handledPerSecond: (ledger.received - before) / ((performance.now() - begin) / 1000),
  };
  return `${batches} × ${count(batchSize)} messages, ${rate(run.batch.publishPerSecond)}`;
}

/** An enrolment and the message about it: both, or neither. */
async function transactions(api, run, signal) {
  const [course, notification] = ['course', 'notification'].map((name) =>
    run.ledgers.find((one) => one.kind.name === name),
  );
  const each = [];
  for (let turn = 0; turn < run.plan.transactions; turn += 1) {
    signal.throwIfAborted();
    const records = [course, notification].map((ledger) => {
      const { event } = ledger.next();
      const value = JSON.stringify(envelopeOf(ledger.kind, event, new Date().toISOString()));
      return { topic: ledger.kind.topic, messages: [{ key: event.id, value }] };
    });
    const begin = performance.now();
    await api.kafkaProducerService.publishTransaction(records);
    each.push(performance.now() - begin);
    for (const ledger of [course, notification]) ledger.acknowledged += 1;
  }
  const { transactions } = run.plan;
  // The first one makes the transactional producer: the median says what a transaction costs.
  const median = each.sort((a, b) => a - b)[Math.floor(each.length / 2)];
  run.transaction = {
    committed: transactions,
    topics: [course.kind.topic, notification.kind.topic],
    messages: 2 * transactions,
    ms: median,
  };
  return `${plural(transactions, 'transaction')} of 2 topics, ${duration(run.transaction.ms)} each`;
}

/** Until everything that was sent has come, or nothing has come for too long. */
async function arrival(run, signal) {
  let last = -1;
  let since = performance.now();
  while (!run.ledgers.every((ledger) => ledger.complete)) {
    signal.throwIfAborted();
    const received = run.total('received');
    if (received !== last) {
      last = received;
      since = performance.now();
    } else if (performance.now() - since > PATIENCE_MS) return;
    await sleep(5);
  }
}

async function verify(run, signal, progress) {
  progress('waiting for the last events');
  await arrival(run, signal);
  run.failures.push(...run.ledgers.flatMap((ledger) => ledger.failures()));
  if (run.failures.length > 0) throw new DemoFailure('Not every event arrived as it was sent');
  const again = run.total('duplicates');
  return `${count(run.total('received'))} events as sent, in order${again > 0 ? `, ${count(again)} delivered again` : ''}`;
}
