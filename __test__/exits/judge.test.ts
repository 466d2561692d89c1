// Whether tools/exits sees what it looks for.

import { exits } from '../support/trust-tools';

const { argumentsOf, judge, markdown, waysNamed, WAYS } = exits;

const END = { code: 0, signal: null, hung: false, ms: 1, endMs: 1, stderr: '' };
const of = (name: string, end: object) => judge(waysNamed([name])[0], { ...END, ...end });

test.each([
  ['natural', {}, undefined],
  ['natural', { code: 1 }, 'code'],
  ['natural', { code: null, signal: 'SIGSEGV' }, 'signal'],
  ['natural', { code: null, signal: 'SIGKILL', hung: true }, 'hang'],
  ['natural', { stderr: 'double free or corruption\n' }, 'stderr'],
  ['natural', { stderr: '(node:7) ExperimentalWarning: so\n(Use `node --trace-warnings ...` to see)\n' }, undefined],
  ['exit', { code: 7 }, undefined],
  ['exit', {}, 'code'],
  ['throw', { code: 1, stderr: 'Error: a defect of the application\n' }, undefined],
  ['throw', { code: 1 }, 'stderr'],
  ['SIGTERM', { code: null, signal: 'SIGTERM' }, undefined],
  ['SIGTERM', { code: null, signal: 'SIGABRT' }, 'signal'],
  ['SIGTERM', { code: 0 }, 'code'],
])('%s that ended as %j: %s', (name, end, expected) => expect(of(name, end)).toBe(expected));

test('delays, seeds and the copy reach the scripts', () => {
  const [exit, terminate, shared, races] = waysNamed(['exit', 'terminate', 'shared', 'races']);
  expect([0, 1, 23].map((n) => argumentsOf(exit, n, '')[1])).toEqual(['0', '7', '0']);
  expect(argumentsOf(terminate, 24, '')).toEqual(['terminate', '24', '12']);
  expect(argumentsOf(shared, 0, '/copy')).toEqual(['shared', '0', '/copy']);
  expect(argumentsOf(races, 30, '')).toEqual(['30', '10']);
});

test('a way that does not exist is told', () => {
  expect(() => waysNamed(['natural', 'sideways'])).toThrow(/sideways: there are natural,/);
  expect(waysNamed(undefined)).toEqual(WAYS);
});

test('the table has a line for each row, and their sum', () => {
  const row = { title: 'natural exit', broker: 'real', node: 'v24.0.0', slowestEndMs: 1_234, slowestMs: 5_000 };
  const text = markdown([
    { ...row, runs: 200, signalDeaths: 1, hangs: 0, wrong: 0 },
    { ...row, runs: 200, signalDeaths: 2, hangs: 3, wrong: 4 },
  ]);
  expect(text).toContain('| natural exit | real | v24.0.0 | 200 | 2 | 3 | 4 | 1.23 s | 5.00 s |');
  expect(text).toContain('| **all** |  |  | 400 | 3 | 3 | 4 |');
});
