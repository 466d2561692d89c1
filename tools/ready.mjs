// npm run ready: what a change must pass before it is merged, in one command. Goes on after a failure, so
// that one run tells everything; the cheap checks come first.
//
// `npm run format` repairs most of what the first two find.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onInterrupt, startChild, stopChildren } from './bootstrap/child.mjs';
import { bin, IS_WINDOWS, ROOT } from './bootstrap/paths.mjs';
import { prepareOrExit } from './bootstrap/prepare.mjs';
import { clock } from './bootstrap/progress.mjs';
import { cargoTarget } from './test/rust.mjs';

/** Written by the build and committed, so that a reader of the repository sees the border. */
const GENERATED = ['index.js', 'index.d.ts'];

const npm = IS_WINDOWS ? 'npm.cmd' : 'npm';
const node = process.execPath;

/** @type {{ name: string, run: () => Promise<string | undefined> }[]} `run` gives the problem */
const CHECKS = [
  { name: 'format, TypeScript', run: () => command(node, [bin.biome, 'format', '.']) },
  { name: 'format, Rust', run: () => command('cargo', ['fmt', '--all', '--check']) },
  {
    name: 'lint, TypeScript',
    run: () => command(node, [bin.biome, 'check', '--formatter-enabled=false', '--error-on-warnings', '.']),
  },
  { name: 'lint, Rust', run: clippy },
  { name: 'types', run: () => command(node, [bin.tsc, '--noEmit', '-p', 'tsconfig.json']) },
  { name: 'generated files', run: generatedFiles },
  { name: 'tests', run: () => command(npm, ['test']) },
];

await prepareOrExit();
onInterrupt(() => stopChildren());

const rows = [];
for (const { name, run } of CHECKS) {
  process.stdout.write(`\n=== ${name}\n\n`);
  const begin = performance.now();
  const problem = await run();
  rows.push({ name, problem, time: clock(performance.now() - begin) });
}

process.stdout.write('\n=== Ready?\n\n');
for (const { name, problem, time } of rows) {
  process.stdout.write(
    `  ${problem ? 'FAILED' : 'ok    '}  ${name.padEnd(20)} ${time.padStart(9)}${problem ? `  ${problem}` : ''}\n`,
  );
}
const failed = rows.filter(({ problem }) => problem).length;
process.stdout.write(failed === 0 ? '\nReady.\n' : `\nNot ready: ${failed} of ${rows.length} failed.\n`);
process.exitCode = failed === 0 ? 0 : 1;

function clippy() {
  const flags = ['--release', '--workspace', '--all-targets', '--locked', ...cargoTarget()];
  return command('cargo', ['clippy', ...flags, '--', '-D', 'warnings']);
}

/** Builds both halves anew and compares the committed files with what came out. */
async function generatedFiles() {
  const before = GENERATED.map(textOf);
  const problem = (await command(npm, ['run', '--silent', 'build'])) ?? undefined;
  if (problem) return problem;
  const changed = GENERATED.filter((file, index) => textOf(file) !== before[index]);
  if (changed.length > 0) return `${changed.join(' and ')} did not fit the sources; rebuilt now, commit the new one`;
  // Against the index: what is staged is about to be committed, and counts. An export without history cannot be compared.
  if (!existsSync(join(ROOT, '.git'))) return undefined;
  const git = await command('git', ['diff', '--exit-code', '--stat', '--', ...GENERATED]);
  const unknown = await command('git', ['ls-files', '--error-unmatch', '--', ...GENERATED]);
  return git || unknown ? `${GENERATED.join(' and ')} differ from what git has: add them to the commit` : undefined;
}

function textOf(file) {
  return existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : '';
}

/** @returns {Promise<string | undefined>} the problem */
async function command(name, args) {
  try {
    const onOutput = (text, stream) => process[stream].write(text);
    const { code, signal } = await startChild(name, args, { onOutput }).done;
    if (code === 0) return undefined;
    return signal ? `ended by ${signal}` : `exit code ${code}`;
  } catch (error) {
    return `${name} could not be started (${/** @type {Error} */ (error).message})`;
  }
}
