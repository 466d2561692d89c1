// Faults of brokers and networks while messages are published, and consumed by groups that must not notice.

import { batches, calls, twoGroups } from './actors.mjs';

/** `publishUserEvent` writes to this topic only; the peers use it, too, so that groups read of one producer. */
const singles = (stage) => ({ topic: 'user-events', ...(stage.client === 'kafka4' ? { api: 'event' } : {}) });
const both = (stage) => [batches(stage), calls(stage, singles(stage))];

/** @type {import('./table.mjs').Scenario[]} */
export const PRODUCING = [
  {
    name: 'kill-each-broker',
    title: 'kill -9 of each broker in turn, back after a while',
    about: 'producing',
    topics: ['user-events'],
    producers: both,
    groups: twoGroups,
    async play(stage) {
      for (const id of stage.cluster.ids) {
        stage.note(`kill -9 of broker ${id}`);
        await stage.cluster.kill9(id);
        await stage.sleep(stage.pick({ short: 2_000, full: 8_000 }));
        await stage.flows();
        await stage.cluster.boot(id);
        await stage.cluster.inSync();
        stage.note(`broker ${id} is back and in sync`);
        await stage.flows();
      }
    },
  },
  {
    name: 'rolling-restart',
    title: 'rolling restart: SIGTERM, start, in sync, one after the other',
    about: 'producing',
    topics: ['user-events'],
    producers: both,
    groups: twoGroups,
    async play(stage) {
      for (let round = 0; round < stage.pick({ short: 1, full: 2 }); round++) {
        await stage.cluster.roll((what) => stage.note(what));
        await stage.flows();
      }
    },
  },
  {
    name: 'freeze',
    title: 'a broker frozen (SIGSTOP) for longer than its session, then thawed',
    about: 'producing',
    topics: ['user-events'],
    producers: both,
    groups: twoGroups,
    async play(stage) {
      for (const id of stage.pick({ short: [1], full: stage.cluster.ids })) {
        stage.note(`broker ${id} freezes`);
        stage.cluster.freeze(id);
        await stage.sleep(stage.pick({ short: 7_000, full: 20_000 }));
        await stage.flows();
        stage.cluster.thaw(id);
        await stage.cluster.inSync();
        stage.note(`broker ${id} is thawed and in sync`);
        await stage.flows();
      }
    },
  },
  {
    name: 'half-open',
    title: 'all connections silent for 15 s, and open',
    about: 'producing',
    path: 'proxy',
    topics: ['user-events'],
    producers: both,
    groups: twoGroups,
    expects: { duplicates: 'backlog' },
    why:
      'Softer than "nothing twice": with what the connections need to come back the silence comes near the session of a ' +
      'classic member (20 s), so its partitions may be given away, and what it handled in the silence was committed by nobody.',
    async play(stage) {
      stage.note('all connections fall silent');
      for (const proxy of stage.cluster.proxies) proxy.halfOpen();
      await stage.sleep(15_000);
      for (const proxy of stage.cluster.proxies) await proxy.normal();
      stage.note('they pass again');
      await stage.flows();
    },
  },
  {
    name: 'latency',
    title: '200 ms of latency each way',
    about: 'producing',
    profiles: ['full'],
    path: 'proxy',
    topics: ['user-events'],
    producers: both,
    groups: twoGroups,
    async play(stage) {
      stage.note('200 ms of latency each way');
      for (const proxy of stage.cluster.proxies) proxy.latency(200);
      await stage.sleep(20_000);
      await stage.flows();
      for (const proxy of stage.cluster.proxies) proxy.latency(0);
      stage.note('none any more');
      await stage.flows();
    },
  },
  {
    name: 'network-storm',
    title: 'resets of all connections, 200 ms of latency, resets in it, connections refused',
    about: 'producing',
    path: 'proxy',
    topics: ['user-events'],
    producers: both,
    groups: twoGroups,
    async play(stage) {
      const { proxies } = stage.cluster;
      const storm = async (times, pause) => {
        for (let n = 0; n < times; n++) {
          for (const proxy of proxies) proxy.resetAll();
          await stage.sleep(pause);
        }
        await stage.flows();
      };
      stage.note('resets of all connections');
      await storm(stage.pick({ short: 8, full: 20 }), 400);
      stage.note('200 ms of latency each way');
      for (const proxy of proxies) proxy.latency(200);
      await stage.sleep(stage.pick({ short: 3_000, full: 10_000 }));
      await stage.flows();
      stage.note('resets within the latency');
      await storm(stage.pick({ short: 3, full: 10 }), 1_000);
      for (const proxy of proxies) await proxy.normal();
      stage.note('connections are refused');
      for (const proxy of proxies) await proxy.refuse();
      await stage.sleep(stage.pick({ short: 3_000, full: 8_000 }));
      for (const proxy of proxies) await proxy.normal();
      await stage.flows();
    },
  },
  {
    name: 'outage',
    title: 'no broker for longer than the delivery timeout: every send rejects once, typed, in time',
    about: 'producing',
    path: 'proxy',
    topics: ['user-events'],
    /** kafka4 gives up after four times its timeout; the peers keep their own defaults. */
    producers: (stage) => [batches(stage, { timeoutMs: 2_000 }), calls(stage, { timeoutMs: 2_000, ...singles(stage) })],
    expects: { rejections: { code: 'ERR_KAFKA_MSG_TIMED_OUT', name: 'KafkaPublishError', withinMs: 8_000 } },
    why:
      'Softer than "nothing rejected": past the delivery timeout a send has to be rejected. It is 8 s here in place of ' +
      '120 s (`KAFKA_TIMEOUT` 2 s); a rejected message may be stored, but not where the error says that it is not.',
    async play(stage) {
      const { proxies } = stage.cluster;
      for (const how of stage.pick({ short: ['silent'], full: ['silent', 'refused'] })) {
        stage.note(`all brokers are out of reach (${how})`);
        for (const proxy of proxies) await (how === 'silent' ? proxy.halfOpen() : proxy.refuse());
        await stage.sleep(12_000);
        for (const proxy of proxies) await proxy.normal();
        stage.note('they are back');
        await stage.flows();
      }
    },
  },
];
