// A part of `node tools/fuzz/run.mjs`: as many inputs as fit into most of a minute, always the same ones. And what the
// fuzzer would find: each defect that it is to find is planted once.

import { join } from 'node:path';

const TOOLS = join(__dirname, '..', '..', 'tools', 'fuzz');
const { fuzz } = require(join(TOOLS, 'runner.mjs'));
const { summary } = require(join(TOOLS, 'report.mjs'));

interface Summary {
  inputs: number;
  storedAndReadBack: number;
  findings: number;
  byCode: Record<string, number>;
  byClass: Record<string, number>;
  findingsByKind: Record<string, { count: number; examples: { index: number; what: string }[] }>;
}

/** Another seed finds other things: KAFKA4_FUZZ_SEED=7 npm run test:unit -- --testPathPatterns=fuzz */
const SEED = Number(process.env.KAFKA4_FUZZ_SEED ?? 1);

const run = async (options: object): Promise<Summary> => summary({ ...(await fuzz(options)), seed: SEED });

test('thousands of malformed inputs: no crash, no hang, nothing lost, every error documented', async () => {
  const result = await run({ seed: SEED, inputs: 1_000_000, seconds: 40, batch: 1_000 });
  expect(result.findingsByKind).toEqual({});
  expect(result.inputs).toBeGreaterThan(1_000);
  // It has done something: accepted, refused, stored and read back, inputs of most classes.
  expect(result.storedAndReadBack).toBeGreaterThan(500);
  expect(Object.keys(result.byClass).length).toBeGreaterThan(100);
  for (const code of ['INVALID_ARGUMENT', 'SERIALIZATION', 'CONFIG_INVALID', 'BATCH_TOO_LARGE', 'NESTED_PUBLISH']) {
    expect(result.byCode[`ERR_KAFKA_${code}`]).toBeGreaterThan(0);
  }
}, 180_000);

describe('what the fuzzer is to find', () => {
  const bounds = { KAFKA4_FUZZ_SILENCE_MS: '6000', KAFKA4_FUZZ_SETTLE_MS: '1500' };

  beforeAll(() => Object.assign(process.env, bounds));
  afterAll(() => {
    for (const name of Object.keys(bounds)) delete process.env[name];
  });

  test.each([
    ['crash', 'crash by SIGSEGV'],
    ['exit', 'the process ended with code 7'],
    ['event loop that stands', 'no progress'],
  ])(
    '%s of the process, and which input it was',
    async (planted, kind) => {
      const result = await run({ seed: SEED, from: 100, inputs: 6, batch: 3, planted: { 104: planted } });
      const found = result.findingsByKind[kind];
      expect(found).toMatchObject({ count: 1, examples: [{ index: 104 }] });
      // The others ran.
      expect(result.inputs).toBeGreaterThanOrEqual(4);
    },
    60_000,
  );

  test('all that a process can tell of itself', async () => {
    const expected: Record<string, string> = {
      'promise that never settles': 'never settled',
      'error of another kind': 'undocumented error',
      'unknown code': 'undocumented error',
      'throw in place of a rejection': 'thrown instead of rejected',
      'unhandled rejection': 'unhandled rejection',
      'uncaught exception': 'uncaught exception',
      'change of the input': 'changed what it was given',
      'lost message': 'acknowledged and not in the log',
      'refused message that is stored': 'in the log although it was refused',
      'accepted junk': 'accepted what it should refuse',
      'refused good': 'refused what it should accept',
    };
    const names = Object.keys(expected);
    const planted = Object.fromEntries(names.map((name, i) => [i, name]));
    const { findingsByKind } = await run({ seed: SEED, inputs: names.length, batch: 100, planted });
    expect(Object.keys(findingsByKind).sort()).toEqual([...new Set(Object.values(expected))].sort());
    expect(findingsByKind['undocumented error']?.count).toBe(2);
  }, 60_000);
});
