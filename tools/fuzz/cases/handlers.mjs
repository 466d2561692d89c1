// Messages whose handlers misbehave (handler-bench.mjs): each must come to its end, and its partition go on.

import { BEHAVIOURS, BENCHES } from '../handler-bench.mjs';
import { describe, problemOf } from '../judge.mjs';
import { anything } from '../values/junk.mjs';

/** @param {import('../trial.mjs').Trial} t */
export async function handler(t) {
  const { random, world, index } = t;
  const [topic, each] = random.pick(BENCHES);
  const behaviour = random.pick(Object.keys(BEHAVIOURS));
  t.is(`handler: ${behaviour}`);
  if (each === 'batch') world.handlers.batchChecks.push((payload) => batchPayload(t, payload));
  const end = world.handlers.end(index);
  const value = JSON.stringify({ index, seed: random.below(2 ** 31), behaviour });
  await t.call('publishBatch', () => world.producer.publishBatch(topic, [{ key: `k${index % 7}`, value }]), {
    ok: true,
  });
  await t.awaits(`a handler that ${behaviour} (${topic})`, end);
}

/** What a batch handler may call, with junk; nobody may be hurt by what is not awaited. */
function batchPayload(t, payload) {
  const { random } = t;
  for (let i = 0; i < 3; i++) {
    const { value } = anything(random);
    t.is('junk to resolveOffset');
    try {
      // An offset of this batch would resolve messages that the bench still wants.
      if (typeof value !== 'number') payload.resolveOffset(/** @type {any} */ (value));
      t.tally.outcome('resolveOffset', 'returned');
    } catch (error) {
      const problem = problemOf(error, t.world.kafka4.Kafka4Error);
      t.tally.outcome('resolveOffset', problem === undefined ? error.code : 'other error');
      if (problem !== undefined) t.finding('undocumented error', `resolveOffset: ${describe(error)}`);
    }
  }
  if (random.once(3))
    void t.call('commitOffsetsIfNecessary', () =>
      payload.commitOffsetsIfNecessary(/** @type {any} */ (anything(random).value)),
    );
  t.sync('uncommittedOffsets', () => payload.uncommittedOffsets(), { ok: true });
  const { batch } = payload;
  t.sync(
    'batch',
    () => [
      batch.highWatermark,
      batch.firstOffset(),
      batch.lastOffset(),
      batch.offsetLag(),
      batch.offsetLagLow(),
      batch.isEmpty(),
    ],
    { ok: true },
  );
}
