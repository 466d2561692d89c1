// Brokers that are broken or enemies: client processes behind a proxy that changes what an embedded broker answers
// (tools/fuzz/frames). Many more rounds: `node tools/fuzz/frames/run.mjs --rounds 500`.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { plainEnvironment, ROOT } from '../support/child';

interface Report {
  rounds: number;
  changedFrames: number;
  peakRssMiB: number;
  findings: { kind: string; round: number; what: string }[];
  outcomes: Record<string, number>;
  byKind: Record<string, { changed: number }[]>;
}

function play(...flags: string[]): Report {
  const script = join(ROOT, 'tools', 'fuzz', 'frames', 'run.mjs');
  const args = [script, '--json', '--parallel', '16', ...flags];
  // Most of a round is waiting: for brokers that do not answer.
  const run = spawnSync(process.execPath, args, {
    cwd: ROOT,
    env: plainEnvironment(),
    encoding: 'utf8',
    timeout: 150_000,
  });
  if (run.stdout === '') throw new Error(`no report: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

/** Every kind has done something, and every call has ended in its bound and as documented. */
function expectSound(report: Report): void {
  expect(report.findings).toEqual([]);
  const idle = Object.entries(report.byKind).filter(([, rounds]) => rounds.every(({ changed }) => changed === 0));
  expect(idle.map(([kind]) => kind)).toEqual([]);
  expect(report.outcomes['cleanup: resolved']).toBe(report.rounds);
}

test('frames that are none, come at the wrong time, or say what cannot be', () => {
  // Every kind twice: as a client that is never let in, or that is disturbed now and then.
  expectSound(play('--set', 'framing', '--set', 'content', '--rounds', '48'));
}, 160_000);

test('bombs in the log: bad checksums, counts and sizes that cannot be, little that becomes much', () => {
  const report = play('--set', 'bombs');
  expectSound(report);
  // One of them becomes 128 MiB, and no client is larger for it than one copy or two.
  expect(report.peakRssMiB).toBeLessThan(450);
}, 160_000);
