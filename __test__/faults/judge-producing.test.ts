// The judge of producers finds what it is there to find: each finding is made on purpose here.

import { judgeProducing, parseLog, sendsOf } from './judges';

type Entry = unknown[];
const KEYS = 2;

/** Two sends of two messages: ids 0 and 1, 2 and 3; acknowledged after 10 and 20 ms. */
const JOURNAL: Entry[] = [
  ['s', 0, 2, 1_000],
  ['s', 2, 2, 1_005],
  ['a', 0, 1_010, [[0, 0]]],
  ['a', 2, 1_025, [[1, 1]]],
];

/** id, and where it stands: the keys are k0 in partition 0 and k1 in partition 1. */
const LOG = [
  [0, 0, 0],
  [1, 0, 1],
  [0, 1, 2],
  [1, 1, 3],
];

const textOf = (log: number[][]) =>
  `${log.map(([partition, offset, id]) => `R ${partition} ${offset} 1000 ${id} k${id! % KEYS}`).join('\n')}\nZ`;
const judge = (journal: Entry[] = JOURNAL, log: number[][] = LOG) =>
  judgeProducing(sendsOf(journal), parseLog(textOf(log)));
const rejection = (first: number, told: string | null) => ['r', first, 1_030, { name: 'E', code: 'C', told }];

const CLEAN = {
  sent: 4,
  acked: 4,
  rejected: 0,
  stored: 4,
  lost: 0,
  duplicates: 0,
  outOfOrder: 0,
  scattered: 0,
  rejectedButStored: 0,
  wronglyDenied: 0,
  wronglyClaimed: 0,
  unsettled: 0,
  settledTwice: 0,
  misplaced: 0,
  strangers: 0,
};

test('nothing is found where all is well', () => {
  expect(judge()).toEqual({
    ...CLEAN,
    errors: {},
    examples: {},
    longestWithoutAck: 15,
    slowestAck: 20,
    slowestRejection: 0,
  });
});

test.each<[string, number[][], object]>([
  ['a message that was acknowledged is missing', LOG.slice(0, 3), { lost: 1, misplaced: 1, stored: 3 }],
  ['a message is stored twice', [...LOG, [0, 2, 0]], { duplicates: 1, examples: { duplicates: [0] } }],
  [
    'a message stands behind a later one of its key',
    [
      [0, 0, 2],
      [1, 0, 1],
      [0, 1, 0],
      [1, 1, 3],
    ],
    { outOfOrder: 1, misplaced: 1 },
  ],
  [
    'a key is in two partitions',
    [
      [0, 0, 0],
      [1, 0, 1],
      [1, 1, 2],
      [1, 2, 3],
    ],
    { scattered: 1, misplaced: 0 },
  ],
  ['an acknowledged place is empty', [LOG[0]!, LOG[1]!, LOG[2]!, [1, 7, 3]], { misplaced: 1 }],
  ['a record that nobody sent', [...LOG, [1, 2, 77]], { strangers: 1 }],
])('%s', (_name, log, expected) => {
  expect(judge(JOURNAL, log)).toMatchObject({ ...CLEAN, stored: expect.any(Number), ...expected });
});

test.each<[string, Entry[], object]>([
  ['a send that never settles', JOURNAL.slice(0, 3), { acked: 2, unsettled: 1 }],
  ['a send that is acknowledged twice', [...JOURNAL, ['a', 0, 1_040, []]], { settledTwice: 1 }],
  ['a send that is acknowledged and rejected', [...JOURNAL, rejection(2, null)], { settledTwice: 1 }],
  [
    'a rejected send that is stored',
    [...JOURNAL.slice(0, 3), rejection(2, null)],
    { acked: 2, rejected: 2, rejectedButStored: 2, wronglyDenied: 0, errors: { 'E C': 1 }, slowestRejection: 25 },
  ],
  [
    'a rejection that does not know',
    [...JOURNAL.slice(0, 3), rejection(2, 'uu')],
    { rejectedButStored: 2, wronglyDenied: 0 },
  ],
  [
    'a rejection that denies what is stored',
    [...JOURNAL.slice(0, 3), rejection(2, 'sn')],
    { rejectedButStored: 1, wronglyDenied: 1, examples: { wronglyDenied: [3] } },
  ],
])('%s', (_name, journal, expected) => {
  expect(judge(journal)).toMatchObject(expected);
});

test('a rejection that claims to be stored what is not', () => {
  const verdict = judge([...JOURNAL.slice(0, 3), rejection(2, 'ss')], LOG.slice(0, 3));
  expect(verdict).toMatchObject({ wronglyClaimed: 1, lost: 0, rejected: 2 });
});

test('times: without acknowledgements only counts while something waits', () => {
  const journal = [
    ['s', 0, 1, 1_000],
    ['a', 0, 1_100, []],
    ['s', 1, 1, 5_000],
    ['s', 2, 1, 5_050],
    ['a', 1, 5_300, []],
    ['a', 2, 5_900, []],
  ];
  expect(judge(journal)).toMatchObject({ longestWithoutAck: 600, slowestAck: 850 });
});

test('an oracle that was cut off in the middle is no answer', () => {
  expect(() => parseLog('R 0 0 1000 0 k0\n')).toThrow('did not tell everything');
});
