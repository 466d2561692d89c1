// KafkaAdminService, declareTopics and the rest of the surface that is asked rather than fed.

import { anything, junk, throwingGetter } from '../values/junk.mjs';
import { badTopicName, text } from '../values/text.mjs';

function name(random) {
  return random.weighted([
    [4, () => random.pick(['fuzz-one', 'fuzz-three', 'fuzz-new-1', 'fuzz-new-2', 'nowhere'])],
    [3, () => badTopicName(random).value],
    [2, () => text(random).value],
    [2, () => anything(random).value],
  ])();
}

function names(t) {
  const { random } = t;
  if (random.once(3)) {
    const { value, class: kind } = anything(random);
    t.is(`names: ${kind}`);
    return value;
  }
  const list = Array.from({ length: random.below(4) }, () => name(random));
  t.is('names: a list');
  if (random.once(10)) list.length += 2;
  if (random.once(12)) list.every = () => true;
  return random.once(10) ? new Proxy(list, {}) : list;
}

function spec(t) {
  const { random } = t;
  if (random.once(6)) return anything(random).value;
  const number = () =>
    random.weighted([
      [4, () => random.between(1, 3)],
      [2, () => random.pick([0, -1, -5, 1.5, Number.NaN, 2 ** 31, 2 ** 32 + 1, 2 ** 53 - 1, 1_000_000, Infinity, '3'])],
      [1, () => anything(random).value],
    ])();
  const made = { name: name(random), partitions: number(), retentionMs: random.once(2) ? 3_600_000 : number() };
  if (random.once(12)) Object.defineProperty(made, random.pick(Object.keys(made)), throwingGetter(random));
  if (random.once(12)) {
    // Good when it is checked, something else when it is used.
    let reads = 0;
    Object.defineProperty(made, 'partitions', { get: () => (reads++ === 0 ? 1 : Symbol('later')), enumerable: true });
  }
  return made;
}

/** @param {import('../trial.mjs').Trial} t */
export async function admin(t) {
  const { random, world } = t;
  const { kafkaAdminService: service } = world.kafka4;
  switch (random.below(8)) {
    case 0:
    case 1:
      return void (await t.call('describeTopics', () => service.describeTopics(/** @type {any} */ (names(t)))));
    case 2:
      return void (await t.call('deleteTopics', () => service.deleteTopics(/** @type {any} */ (names(t)))));
    case 3:
    case 4: {
      const list = random.once(5) ? anything(random).value : Array.from({ length: random.below(3) }, () => spec(t));
      t.is('topics to create');
      const { value } = await t.call('createTopics', () => service.createTopics(/** @type {any} */ (list)), {
        given: [list],
      });
      for (const [i, report] of (value ?? []).entries()) {
        // What was asked for is what was made: no wrapped number, no other name.
        if (report.created && report.name !== list[i].name) t.finding('created something else', JSON.stringify(report));
        const { partitions } = list[i];
        if (report.created && typeof partitions === 'number' && !(partitions >= 1 && partitions <= 10_000)) {
          t.finding('created something else', `${partitions} partitions`);
        }
      }
      return;
    }
    case 5:
      return void (await t.call('listTopics', () => service.listTopics(.../** @type {any} */ ([junk(random).value])), {
        ok: true,
      }));
    case 6:
      return void (await t.call(
        'describeCluster',
        () => service.describeCluster(.../** @type {any} */ ([junk(random).value])),
        { ok: true },
      ));
    default:
      return declare(t);
  }
}

function declare(t) {
  const { random, world } = t;
  const { declareTopics } = world.kafka4;
  if (random.once(3)) {
    const { value, class: kind } = anything(random);
    t.is(`declarations: ${kind}`);
    t.sync('declareTopics', () => declareTopics(/** @type {any} */ (value)));
    return;
  }
  // A bad one always, so that the table of the process stays as it is.
  const declarations = { '': spec(t), [String(badTopicName(random).value)]: { partitions: 1 } };
  if (random.once(4)) Object.defineProperty(declarations, 'boom', throwingGetter(random));
  t.is('declarations');
  t.sync('declareTopics', () => declareTopics(/** @type {any} */ (declarations)), { ok: false });
}

/** @param {import('../trial.mjs').Trial} t */
export async function surroundings(t) {
  const { random, world } = t;
  const k = world.kafka4;
  const { value, class: kind } = anything(random);
  const arg = /** @type {any} */ (value);
  switch (random.below(10)) {
    case 0:
      t.is(`listener: ${kind}`);
      return void end(
        t,
        t.sync('on', () => k.kafkaProducerService.on(/** @type {any} */ (random.once(2) ? 'fatal' : arg), arg)),
      );
    case 1:
      t.is(`signals: ${kind}`);
      return void end(
        t,
        t.sync('installSignalHandlers', () =>
          k.installSignalHandlers(
            random.once(2) ? arg : { signals: random.once(2) ? arg : [arg], exit: random.once(2) ? arg : undefined },
          ),
        ),
      );
    case 2:
      t.is(`signals: ${kind}`);
      return void end(
        t,
        t.sync('installSignalHandlers', () =>
          k.installSignalHandlers({
            signals: /** @type {any} */ ([
              random.pick(['SIGKILL', 'SIGSTOP', 'SIGNOPE', '', 'SIGUSR2', 'exit', 'uncaughtException']),
            ]),
            exit: () => {},
          }),
        ),
      );
    case 3: {
      t.is(`traceparent provider: ${kind}`);
      const provider = random.once(2) ? arg : () => anything(random).value;
      t.sync('setTraceparentProvider', () => k.setTraceparentProvider(provider));
      k.setTraceparentProvider(undefined);
      return;
    }
    case 4:
      t.is(`transactional id: ${kind}`);
      return void t.sync('setTransactionalId', () =>
        world.identified.setTransactionalId(random.once(2) ? arg : String(text(random).value)),
      );
    case 5:
      return void t.sync('getKafkaMetrics', () => k.getKafkaMetrics(), { ok: true });
    case 6:
      return void t.sync('prometheus', () => k.kafkaMetricsService.prometheus(), { ok: true });
    case 7: {
      const { value: healthy } = await t.call('checkKafkaHealth', () => k.checkKafkaHealth(), { ok: true });
      if (typeof healthy !== 'boolean') t.finding('no boolean', `checkKafkaHealth gave ${typeof healthy}`);
      return;
    }
    case 8:
      return void (await t.call('getKafka4Status', () => k.getKafka4Status(), { ok: true }));
    default:
      return void t.sync('declaredTopics', () => k.declaredTopics(), { ok: true });
  }
}

/** Takes back what was installed. */
function end(t, undo) {
  if (undo === undefined) return;
  if (typeof undo !== 'function') t.finding('no function to end it', typeof undo);
  else t.sync('undo', () => undo(), { ok: true });
}

/** @param {import('../trial.mjs').Trial} t */
export async function registration(t) {
  const { random, world } = t;
  const consumer = world.registrations;
  const topic = /** @type {any} */ (name(random));
  const { value, class: kind } = anything(random);
  const arg = /** @type {any} */ (value);
  const bad = typeof topic !== 'string' || topic === '';
  switch (random.below(7)) {
    case 0: {
      const method = random.pick(['registerHandler', 'registerBatchHandler']);
      t.is(`handler: ${kind}`);
      return void t.sync(method, () =>
        consumer[method](topic, arg, random.once(3) ? anything(random).value : undefined),
      );
    }
    case 1: {
      const method = random.pick([
        'registerUserEventHandler',
        'registerCourseEventHandler',
        'registerNotificationEventHandler',
        'registerChatEventHandler',
        'registerAnalyticsEventHandler',
      ]);
      t.is(`handler: ${kind}`);
      return void t.sync(method, () => consumer[method](arg), { ok: typeof arg === 'function' });
    }
    case 2:
    case 3: {
      const policy = random.once(3) ? arg : policyOf(random);
      t.is('retry policy');
      return void t.sync('setRetryPolicy', () => consumer.setRetryPolicy(topic, policy), {
        given: [policy],
        ok: bad ? false : undefined,
      });
    }
    case 4: {
      t.is(`start: ${kind}`);
      // Nothing has a handler here but what may not be started.
      const fresh = new world.kafka4.KafkaConsumerService();
      return void (await t.call('startConsumer', () => fresh.startConsumer(topic, random.once(2) ? arg : undefined), {
        ok: false,
      }));
    }
    case 5:
      return void (await t.call('stopConsumer', () => consumer.stopConsumer(topic), { ok: !bad }));
    default:
      t.sync('isConsumerActive', () => consumer.isConsumerActive(topic), { ok: true });
      return void t.sync('getActiveConsumers', () => consumer.getActiveConsumers(), { ok: true });
  }
}

function policyOf(random) {
  const policy = random.once(6) ? Object.create({ attempts: 'inherited' }) : {};
  for (const key of [
    'attempts',
    'initialBackoffMs',
    'maxBackoffMs',
    'multiplier',
    'jitter',
    'deadLetter',
    'stop',
    'unknown',
  ]) {
    if (random.once(3)) {
      policy[key] = random.once(2)
        ? random.pick([-1, 0, 1, 1.5, Number.NaN, Infinity, 2 ** 31, 2 ** 32 + 1, 1e300, true, false, '1', 5n])
        : anything(random).value;
      continue;
    }
    const odd = random.below(60);
    let reads = 0;
    if (odd === 0) Object.defineProperty(policy, key, throwingGetter(random));
    if (odd === 1) Object.defineProperty(policy, key, { get: () => (reads++ === 0 ? 1 : 'later'), enumerable: true });
  }
  return policy;
}
