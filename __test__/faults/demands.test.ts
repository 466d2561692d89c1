// What is held against kafka4 is told in words; what was allowed is not.

import { violations } from './judges';

const producer = (more: object = {}) => ({
  name: 'producer-1',
  rate: 600,
  partitions: 6,
  acked: 100,
  rejected: 0,
  lost: 0,
  duplicates: 0,
  outOfOrder: 0,
  scattered: 0,
  wronglyDenied: 0,
  wronglyClaimed: 0,
  unsettled: 0,
  settledTwice: 0,
  misplaced: 0,
  strangers: 0,
  slowestAck: 100,
  slowestRejection: 0,
  errors: {},
  examples: {},
  ...more,
});

const group = (more: object = {}) => ({
  name: 'classic',
  handled: 100,
  lost: 0,
  duplicates: 0,
  mostDuplicatesOfPartition: 0,
  outOfOrder: 0,
  wrong: 0,
  committedUnhandled: 0,
  uncommitted: 0,
  longestStallOfKept: 0,
  events: {},
  examples: {},
  ...more,
});

const result = (more: object = {}) => ({
  problems: [],
  producing: [producer()],
  consuming: [group()],
  ends: [{ name: 'producer-1', code: 0, signal: null, hung: false, closeMs: 10 }],
  kills: 1,
  ...more,
});

const REJECTIONS = { rejections: { name: 'KafkaPublishError', code: 'ERR_KAFKA_MSG_TIMED_OUT', withinMs: 8_000 } };
const rejected = (more: object = {}) =>
  producer({
    rejected: 5,
    slowestRejection: 9_000,
    errors: { 'KafkaPublishError ERR_KAFKA_MSG_TIMED_OUT': 5 },
    ...more,
  });

test('all promises kept', () => {
  expect(violations(result(), {})).toEqual([]);
  expect(violations(result({ producing: [rejected()] }), REJECTIONS)).toEqual([]);
});

test.each<[string, object, object, RegExp]>([
  ['a problem of the run', { problems: ['it stood still'] }, {}, /it stood still/],
  ['lost', { producing: [producer({ lost: 2, examples: { lost: [7, 8] } })] }, {}, /2 acknowledged .*\(7, 8\)/],
  ['disorder', { producing: [producer({ outOfOrder: 1 })] }, {}, /1 stored out of order/],
  ['an unsettled send', { producing: [producer({ unsettled: 1 })] }, {}, /1 sends never settled/],
  ['nothing sent', { producing: [producer({ acked: 0 })] }, {}, /nothing was acknowledged/],
  ['a rejection', { producing: [rejected()] }, {}, /5 rejected 5 × KafkaPublishError/],
  ['an outage without rejections', {}, REJECTIONS, /so the outage was none/],
  [
    'another error than promised',
    { producing: [rejected({ errors: { 'TypeError undefined': 5 } })] },
    REJECTIONS,
    /expected KafkaPublishError/,
  ],
  ['a late rejection', { producing: [rejected({ slowestRejection: 11_500 })] }, REJECTIONS, /settled after 11500 ms/],
  ['a lost message of a group', { consuming: [group({ lost: 1 })] }, {}, /1 stored and handled by nobody/],
  ['an idle group', { consuming: [group({ handled: 0 })] }, {}, /nothing was handled/],
  ['a repeat', { consuming: [group({ duplicates: 1, mostDuplicatesOfPartition: 1 })] }, {}, /at most 0 may/],
  [
    'more repeats than a kill explains',
    { consuming: [group({ duplicates: 601, mostDuplicatesOfPartition: 601 })] },
    { duplicates: 'kills' },
    /at most 600 may/,
  ],
  [
    'a revocation without a reason',
    { consuming: [group({ events: { partitionsRevoked: 1 } })] },
    { revocations: 'none' },
    /nobody came or went/,
  ],
  [
    'a kept partition that stood still',
    { consuming: [group({ longestStallOfKept: 6_000 })] },
    { kept: 5_000 },
    /stood still for 6000 ms/,
  ],
  ['a fatal error', { consuming: [group({ events: { fatal: 1 } })] }, {}, /1 × fatal/],
  ['an event that did not come', {}, { events: ['stalled'] }, /stalled was not told/],
  ['a process that hangs', { ends: [{ name: 'x', hung: true }] }, {}, /x did not end/],
  ['a process that crashes', { ends: [{ name: 'x', code: null, signal: 'SIGSEGV' }] }, {}, /x ended with SIGSEGV/],
  ['a slow close', { ends: [{ name: 'x', code: 0, closeMs: 10_001 }] }, {}, /10001 ms to close/],
])('%s', (_name, change, expects, words) => {
  const found = violations(result(change), expects);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(words);
});

test('what a kill may repeat', () => {
  const repeated = result({ consuming: [group({ duplicates: 900, mostDuplicatesOfPartition: 600 })] });
  expect(violations(repeated, { duplicates: 'kills' })).toEqual([]);
});
