// Who takes part in the scenarios.

/** The two ways of publishing: 100 messages in one call, and 100 calls at once that nobody awaits. */
const RATES = {
  short: { batches: { burst: 1, size: 50, everyMs: 100 }, calls: { burst: 100, size: 1, everyMs: 500 } },
  full: { batches: { burst: 1, size: 100, everyMs: 50 }, calls: { burst: 100, size: 1, everyMs: 250 } },
};

export const batches = (stage, more = {}) => ({ ...RATES[stage.scale].batches, ...more });

/** Each message a send of its own: with kafka4 by publishUserEvent, else the client's usual send. */
export const calls = (stage, more = {}) => ({ ...RATES[stage.scale].calls, ...more });

/** What consumers are measured with: always kafka4's producer, so that all clients read the same. */
export const source = (stage, more = {}) => batches(stage, { source: true, ...more });

export const KIP848 = { 'group.protocol': 'consumer' };

/** Which clients know the groups of KIP-848. */
const KNOWS_KIP848 = ['kafka4', 'confluent'];

/** One member of the classic protocol and of KIP-848 each could fail alone: so two of both. */
export const twoGroups = (stage) => [
  { name: 'classic', members: 2 },
  ...(KNOWS_KIP848.includes(stage.client) ? [{ name: 'kip848', members: 2, librdkafka: KIP848 }] : []),
];

/** All kinds of membership. */
export const allGroups = (stage) =>
  stage.client === 'kafka4'
    ? [
        { name: 'cooperative', members: stage.pick({ short: 2, full: 5 }) },
        { name: 'static', members: 2, static: true },
        { name: 'kip848', members: 5, librdkafka: KIP848 },
      ]
    : [{ name: 'classic', members: 2 }];
