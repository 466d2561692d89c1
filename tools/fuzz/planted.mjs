// Defects on purpose, by name: the tests of the fuzzer show with them that it finds what it is to find.

import { fingerprint } from './ledger.mjs';

/** @type {Record<string, import('./cases/index.mjs').Case>} */
export const PLANTED = {
  crash: () => process.kill(process.pid, 'SIGSEGV'),
  exit: () => process.exit(7),
  'event loop that stands': () => {
    for (;;);
  },
  'promise that never settles': (t) => t.call('planted', () => new Promise(() => {})),
  'error of another kind': (t) => t.sync('planted', () => JSON.parse('{')),
  'unknown code': (t) =>
    t.sync('planted', () => {
      throw new t.world.kafka4.KafkaStateError('ERR_KAFKA_NOBODY_KNOWS', 'planted');
    }),
  'throw in place of a rejection': (t) =>
    t.call('planted', () => {
      throw new t.world.kafka4.KafkaStateError('ERR_KAFKA_CLOSED', 'planted');
    }),
  'unhandled rejection': () => void Promise.reject(new Error('planted')),
  'uncaught exception': () =>
    void setImmediate(() => {
      throw new Error('planted');
    }),
  'change of the input': (t) => {
    const given = { a: { b: 1 } };
    // Looked at one time in four.
    for (let i = 0; i < 40; i++) t.sync('planted', () => given.a.b++, { given: [given] });
  },
  'lost message': (t) => {
    const print = fingerprint('fuzz-one', { key: null, value: Buffer.from(`lost ${t.index}`), headers: [] });
    t.world.ledger.give(print, t.index);
    t.world.ledger.acknowledge([print]);
  },
  'refused message that is stored': async (t) => {
    const content = { key: null, value: Buffer.from(`refused ${t.index}`), headers: [] };
    t.world.ledger.give(fingerprint('fuzz-one', content), t.index);
    await t.world.producer.publishBatch('fuzz-one', [{ value: content.value }]);
  },
  'accepted junk': (t) => t.sync('planted', () => 1, { ok: false }),
  'refused good': (t) => t.call('planted', () => t.world.producer.publishBatch('', []), { ok: true }),
};
