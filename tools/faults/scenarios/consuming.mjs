// Members of groups that come, go, die, freeze and take long.

import { allGroups, KIP848, source } from './actors.mjs';

/** Kafka's protocol. */
const FETCH = 1;

/** @type {import('./table.mjs').Scenario[]} */
export const CONSUMING = [
  {
    name: 'planned-rebalance',
    title: 'a member joins, another one leaves in order: nothing twice',
    about: 'consuming',
    producers: (stage) => [source(stage)],
    groups: allGroups,
    expects: { duplicates: 'none' },
    async play(stage) {
      const groups = [...stage.groups.keys()];
      stage.note('a member joins each group');
      await Promise.all(groups.map((group) => stage.join(group)));
      await stage.flows();
      await stage.sleep(stage.pick({ short: 2_000, full: 10_000 }));
      stage.note('the first member of each group leaves');
      await Promise.all(groups.map((group) => stage.member(group, 1).stop()));
      await stage.flows();
      await stage.sleep(stage.pick({ short: 2_000, full: 10_000 }));
    },
  },
  {
    name: 'stop-in-rebalance',
    title: 'members leave in order while another one is joining: nothing twice',
    about: 'consuming',
    producers: (stage) => [source(stage)],
    groups: (stage) =>
      stage.client === 'kafka4'
        ? [
            { name: 'cooperative', members: 3 },
            { name: 'kip848', members: 3, librdkafka: KIP848 },
          ]
        : [{ name: 'classic', members: 3 }],
    expects: { duplicates: 'none' },
    async play(stage) {
      const groups = [...stage.groups.keys()];
      // A member hears of a rebalance at its next heartbeat, up to 3 s later: it is stopped before, amid and after.
      for (const [n, ms] of stage
        .pick({ short: [700, 1_500, 2_500], full: [300, 700, 1_100, 1_500, 2_000, 2_500] })
        .entries()) {
        const joining = groups.map((group) => stage.join(group));
        await stage.sleep(ms);
        stage.note(`member ${n + 1} of each group leaves ${ms} ms after another one began to join`);
        await Promise.all(groups.map((group) => stage.member(group, n + 1).stop()));
        await Promise.all(joining);
        await stage.flows();
      }
    },
  },
  {
    name: 'join-while-handling',
    title: 'a member joins while handlers of the others take 6 s: they are waited for, nothing twice',
    about: 'consuming',
    producers: (stage) => [source(stage, { burst: 1, size: 6, everyMs: 100 })],
    groups: (stage) =>
      stage.client === 'kafka4'
        ? [
            { name: 'cooperative', members: 2, handlerMs: 6_000, slowEvery: 37 },
            { name: 'kip848', members: 2, handlerMs: 6_000, slowEvery: 37, librdkafka: KIP848 },
          ]
        : [{ name: 'classic', members: 2, handlerMs: 6_000, slowEvery: 37 }],
    expects: { duplicates: 'none' },
    async play(stage) {
      await stage.sleep(2_000);
      stage.note('a member joins each group');
      await Promise.all([...stage.groups.keys()].map((group) => stage.join(group)));
      await stage.sleep(stage.pick({ short: 3_000, full: 20_000 }));
      await stage.flows();
    },
  },
  {
    name: 'kill-member',
    title: 'kill -9 of a member, back after its session',
    about: 'consuming',
    producers: (stage) => [source(stage)],
    groups: allGroups,
    expects: { duplicates: 'kills', kept: 5_000 },
    why:
      'Softer than "nothing twice": what a member handled between its last commit (one a second) and its kill was committed ' +
      'by nobody. The bound is three seconds of the fullest partition a kill; the table has what came. The member is back ' +
      'after 25 s: behind the session of a classic member (20 s), and before that of KIP-848 (45 s), whose partitions wait ' +
      'for it.',
    kills: (stage) => stage.pick({ short: 1, full: 2 }),
    async play(stage) {
      const groups = [...stage.groups.keys()];
      for (const number of stage.pick({ short: [2], full: [2, 1] })) {
        stage.note(`kill -9 of member ${number} of each group`);
        await Promise.all(groups.map((group) => stage.member(group, number).kill9()));
        await stage.sleep(stage.pick({ short: 23_000, full: 25_000 }));
        await stage.flows();
        stage.note('they are back');
        await Promise.all(groups.map((group) => stage.member(group, number).start()));
        await stage.flows();
        await stage.sleep(stage.pick({ short: 2_000, full: 8_000 }));
      }
    },
  },
  {
    name: 'freeze-member',
    title: 'a member frozen (SIGSTOP) beyond its session, then thawed: nothing is committed by what it still holds',
    about: 'consuming',
    profiles: ['full'],
    producers: (stage) => [source(stage)],
    groups: allGroups,
    expects: { duplicates: 'kills', kept: 5_000 },
    why:
      'Softer than "nothing twice": what the member handled after its last commit is handled again by who gets its ' +
      'partitions while it is frozen.',
    kills: () => 1,
    async play(stage) {
      const groups = [...stage.groups.keys()];
      stage.note('member 2 of each group freezes');
      for (const group of groups) stage.member(group, 2).freeze();
      // Classic sessions are 20 s, those of KIP-848 45 s by the broker's default.
      await stage.sleep(55_000);
      for (const group of groups) stage.member(group, 2).thaw();
      stage.note('they are thawed');
      await stage.sleep(5_000);
      await stage.flows();
    },
  },
  {
    name: 'long-handlers',
    title: 'handlers that take longer than session and poll interval: no rebalance, nothing twice',
    about: 'consuming',
    producers: (stage) => [source(stage, { burst: 1, size: 6, everyMs: 100 })],
    groups: (stage) => {
      // Peers have to be told a poll interval that covers their handlers, as their documentation says.
      const handlerMs = stage.pick({ short: 8_000, full: 120_000 });
      const short = { 'session.timeout.ms': 6_000, 'max.poll.interval.ms': 6_000 };
      const both = { handlerMs, slowEvery: stage.pick({ short: 97, full: 1_997 }) };
      if (stage.client !== 'kafka4') return [{ name: 'classic', members: 2, ...both }];
      return [
        { name: 'classic', members: 2, ...both, librdkafka: stage.pick({ short, full: {} }) },
        {
          name: 'kip848',
          members: 2,
          ...both,
          librdkafka: { ...KIP848, ...stage.pick({ short: { 'max.poll.interval.ms': 6_000 }, full: {} }) },
        },
      ];
    },
    expects: { duplicates: 'none', revocations: 'none' },
    // What begins to be handled at the end takes its time, too; two of one partition come one after the other.
    catchUpMs: (stage) => stage.pick({ short: 90_000, full: 300_000 }),
    async play(stage) {
      stage.note('handlers begin to take long');
      await stage.sleep(stage.pick({ short: 14_000, full: 150_000 }));
    },
  },
  {
    name: 'watchdog',
    title: 'a broker that answers heartbeats and no fetches: the watchdog finds the stall and heals it',
    about: 'consuming',
    profiles: ['full'],
    clients: ['kafka4'],
    path: 'proxy',
    startsStill: true,
    producers: () => [{ source: true, burst: 1, size: 100, everyMs: 10, bytes: 1_000 }],
    // librdkafka would end silent connections by itself after its socket timeout, sooner than the watchdog looks. Little
    // is fetched ahead, so that the consumer knows of messages that it cannot get, on slow machines, too.
    groups: () => [
      {
        name: 'classic',
        members: 1,
        handlerMs: 5,
        librdkafka: { 'socket.timeout.ms': 300_000, 'queued.max.messages.kbytes': 1_024 },
      },
    ],
    why: 'Softer than "nothing twice": a new connection begins behind the last commit, at most three seconds back.',
    expects: { duplicates: 'one rewind', events: ['stalled', 'recovered'] },
    async play(stage) {
      await stage.sleep(8_000);
      await stage.quiesce();
      stage.note('fetches are swallowed from now on, on the connections of now');
      for (const proxy of stage.cluster.proxies) proxy.swallow(FETCH);
      if (!(await stage.until('the stall', (events) => events.stalled > 0, 150_000))) return;
      stage.note('the watchdog has told');
      if (await stage.until('the recovery', (events) => events.recovered > 0, 240_000)) stage.note('it has healed');
    },
  },
];
