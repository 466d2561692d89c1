/** The hooks of whichever test runner there is. */
import { invalid, KafkaStateError, show } from '../kafka/errors.js';
import type { Runner } from './types.js';

/** ms that starting and stopping may take; runners give hooks less by default. */
const HOOK_MS = 60_000;

export interface Hooks {
  beforeAll(run: () => Promise<void>): void;
  afterEach(run: () => Promise<void>): void;
  afterAll(run: () => Promise<void>): void;
}

type Hook = (run: () => unknown, timeout: unknown) => unknown;

/** `given`: where the hooks are; undefined: the globals. `call`: who asks, for the error. */
export function hooksOf(given: Runner | undefined, call: string): Hooks {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw invalid(`the runner of ${call} is an object with beforeAll, afterEach and afterAll, not ${show(given)}`);
  }
  const runner = given ?? (globalThis as unknown as Runner);
  const all = pair(runner, 'beforeAll', 'afterAll');
  const nodes = all === undefined ? pair(runner, 'before', 'after') : undefined;
  const found = all ?? nodes;
  const { afterEach } = runner;
  if (found === undefined || typeof afterEach !== 'function') {
    throw new KafkaStateError(
      'ERR_KAFKA_TESTING_NO_RUNNER',
      `${call} finds no beforeAll, afterEach and afterAll: call it at the top of a test file. In vitest without globals ` +
        `give it the hooks: import * as vitest from 'vitest' and ${call}({ runner: vitest })`,
    );
  }
  // node:test takes an object.
  const timeout = nodes === undefined ? HOOK_MS : { timeout: HOOK_MS };
  return {
    beforeAll: (run) => void found[0](() => run(), timeout),
    afterEach: (run) => void (afterEach as Hook)(() => run(), timeout),
    afterAll: (run) => void found[1](() => run(), timeout),
  };
}

function pair(runner: Runner, first: keyof Runner, second: keyof Runner): [Hook, Hook] | undefined {
  const [one, other] = [runner[first], runner[second]];
  return typeof one === 'function' && typeof other === 'function' ? [one, other] : undefined;
}
