// The judge of groups finds what it is there to find: each finding is made on purpose here.

import { deliveriesOf, judgeConsuming, parseLog } from './judges';

/** Two partitions with three messages each: ids 0 to 2 and 10 to 12, there since 1,000. */
const LOG = parseLog(
  [
    ...[0, 1, 2].map((n) => `R 0 ${n} 1000 ${n} k`),
    ...[0, 1, 2].map((n) => `R 1 ${n} 1000 ${10 + n} k`),
    'R 0 3 1000 -1 other',
    'Z',
  ].join('\n'),
);

type Step = [member: string, partition: number, offset: number, id: number, t: number];
const STEPS: Step[] = [
  ['a', 0, 0, 0, 1_010],
  ['b', 1, 0, 10, 1_011],
  ['a', 0, 1, 1, 1_020],
  ['b', 1, 1, 11, 1_021],
  ['a', 0, 2, 2, 1_030],
  ['b', 1, 2, 12, 1_031],
];
const ALL = new Map([
  [0, 3],
  [1, 3],
]);

const judge = (steps: Step[] = STEPS, committed = ALL, available?: Map<number, number>) => {
  const members = [...new Set(steps.map(([member]) => member))];
  const deliveries = members.flatMap((member) =>
    deliveriesOf(
      member,
      steps.filter(([name]) => name === member).map(([, ...rest]) => ['h', ...rest]),
    ),
  );
  return judgeConsuming(deliveries, LOG, { committed, available });
};

const CLEAN = {
  stored: 6,
  handled: 6,
  lost: 0,
  duplicates: 0,
  outOfOrder: 0,
  wrong: 0,
  committedUnhandled: 0,
  uncommitted: 0,
};

test('nothing is found where all is well; records of others do not count', () => {
  expect(judge()).toMatchObject({ ...CLEAN, examples: {} });
});

test('what nobody handled is lost, and committed all the same', () => {
  expect(judge(STEPS.slice(0, 5))).toMatchObject({
    lost: 1,
    committedUnhandled: 1,
    examples: { lost: ['1:2'], committedUnhandled: ['1:2'] },
  });
});

test('what was handled and is not committed would come again', () => {
  expect(judge(STEPS, new Map([[0, 3]]))).toMatchObject({ ...CLEAN, uncommitted: 3 });
});

test('what comes again counts by partition and in a row, whoever handles it', () => {
  const again: Step[] = [
    ['b', 0, 0, 0, 1_040],
    ['b', 0, 1, 1, 1_050],
    ['a', 1, 0, 10, 1_060],
  ];
  expect(judge([...STEPS, ...again])).toMatchObject({
    handled: 9,
    lost: 0,
    duplicates: 3,
    mostDuplicatesOfPartition: 2,
    longestRepeat: 2,
    outOfOrder: 0,
  });
});

test('a first delivery behind a later message is out of order, a repeated one is not', () => {
  const swapped: Step[] = [STEPS[0]!, ['a', 0, 2, 2, 1_015], STEPS[2]!, ...STEPS.slice(3).filter(([m]) => m === 'b')];
  expect(judge([...swapped, STEPS[1]!])).toMatchObject({ outOfOrder: 1, duplicates: 0 });
});

test('a message with the content of another one is wrong, and the right one lost', () => {
  const wrong: Step[] = [...STEPS.slice(0, 5), ['b', 1, 2, 11, 1_031]];
  expect(judge(wrong)).toMatchObject({ wrong: 1, lost: 1 });
});

test('stalls: of one partition, of one that kept its member, of all', () => {
  const slow: Step[] = [
    ['a', 0, 0, 0, 1_010],
    ['b', 1, 0, 10, 1_010],
    // Partition 1 moves on with its member; partition 0 stands still for 5 s and then has another one.
    ['b', 1, 1, 11, 2_000],
    ['b', 1, 2, 12, 3_000],
    ['b', 0, 1, 1, 6_010],
    ['b', 0, 2, 2, 6_020],
  ];
  expect(judge(slow)).toMatchObject({ longestStallOfOne: 5_000, longestStallOfKept: 1_000, longestStallOfAll: 3_010 });
  // Nothing was there to be handled meanwhile: no stall.
  const late = new Map([
    [1, 6_000],
    [2, 6_000],
  ]);
  expect(judge(slow, ALL, late)).toMatchObject({ longestStallOfOne: 1_000, longestStallOfAll: 1_000 });
});
