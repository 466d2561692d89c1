// Installs packed tarballs into an empty folder, as a user would, and checks that what was installed works.
//
//   node tools/package/try.mjs --packages DIR [--runtime PATH] [--json]
//
//   --packages DIR   with the tarballs of kafka4 and of this platform
//   --runtime PATH   another Node, or Bun, that runs what was installed

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { IS_WINDOWS } from '../bootstrap/paths.mjs';
import { checkLoad, resultLine } from './check-load.mjs';
import { thisPackage } from './platforms.mjs';
import { tarballsIn } from './tarballs.mjs';

/**
 * @param {string} folder     empty; becomes an application
 * @param {string[]} tarballs
 * @param {string[]} [flags]  of npm install
 * @returns {{ status: number | null, output: string }}
 */
export function installInto(folder, tarballs, flags = []) {
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "version": "1.0.0", "private": true }\n');
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...flags,
    ...tarballs.map((each) => resolve(each)),
  ];
  const run = spawnSync(IS_WINDOWS ? 'npm.cmd' : 'npm', args, {
    cwd: folder,
    encoding: 'utf8',
    shell: IS_WINDOWS,
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config)_/i.test(name)),
    ),
  });
  return { status: run.status, output: `${run.stdout ?? ''}${run.stderr ?? ''}${run.error?.message ?? ''}` };
}

/** @param {{ packages: string, runtime?: string }} options */
export async function tryPackages({ packages, runtime }) {
  const found = tarballsIn(packages);
  const here = thisPackage();
  if (!here) throw new Error('no package is made for this platform (napi.targets in package.json)');
  for (const name of ['kafka4', here.name]) if (!found[name]) throw new Error(`${packages} has no tarball of ${name}`);
  const folder = mkdtempSync(join(tmpdir(), 'kafka4-try-'));
  try {
    // Without its scripts, which is how careful users install: what was built beforehand must need none.
    const { status, output } = installInto(folder, [found.kafka4.file, found[here.name].file], ['--ignore-scripts']);
    if (status !== 0) throw new Error(`npm install ended with ${status}:\n${output}`);
    return await checkLoad({ folder, runtime });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { packages: { type: 'string' }, runtime: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  if (!values.packages) {
    process.stderr.write(
      '--packages DIR is missing: the folder with the tarballs (node tools/package/pack.mjs --out DIR)\n',
    );
    process.exit(1);
  }
  const results = await tryPackages({ packages: values.packages, runtime: values.runtime });
  if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else for (const result of results) process.stdout.write(`${resultLine(result)}\n`);
  process.exitCode = results.some(({ failure }) => failure) ? 1 : 0;
}
