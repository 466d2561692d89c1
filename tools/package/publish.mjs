// Publishes the packed tarballs to npm: the platforms' first, so that at no moment kafka4 is there and its native part is
// not. Run again after a failure, it leaves out what is there already.
//
//   node tools/package/publish.mjs --packages DIR [--version 1.2.3] [--dry-run]
//
//   --version    refuses tarballs of another one; a release passes the name of its tag
//   --without    a platform that is left out on purpose, as in pack.mjs; may be given several times
//   --dry-run    everything but the publishing

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { IS_WINDOWS } from '../bootstrap/paths.mjs';
import { platformPackages, refuseUnknownPlatforms } from './platforms.mjs';
import { tarballsIn } from './tarballs.mjs';

/**
 * What is to be published, in its order.
 *
 * @param {string} folder
 * @param {string} [version]
 * @param {string[]} [without]  platforms that are left out on purpose
 * @returns {{ name: string, version: string, file: string, tag: string }[]} throws where the set is not whole
 */
export function plan(folder, version, without = []) {
  refuseUnknownPlatforms(without);
  const found = tarballsIn(folder);
  const platforms = platformPackages().filter(({ platform }) => !without.includes(platform));
  const names = [...platforms.map(({ name }) => name), 'kafka4'];
  const missing = names.filter((name) => !found[name]);
  if (missing.length > 0) throw new Error(`${folder} has no tarball of ${missing.join(', ')}`);
  const wanted = version?.replace(/^v/, '') ?? found.kafka4.version;
  const odd = names.filter((name) => found[name].version !== wanted);
  if (odd.length > 0) {
    throw new Error(`not of version ${wanted}: ${odd.map((name) => `${name} ${found[name].version}`).join(', ')}`);
  }
  const asked = found.kafka4.manifest.optionalDependencies ?? {};
  const unasked = names.filter((name) => name !== 'kafka4' && asked[name] !== wanted);
  if (unasked.length > 0)
    throw new Error(`kafka4 does not depend on ${unasked.join(', ')} of ${wanted}: pack it by pack.mjs`);
  const surplus = Object.keys(asked).filter((name) => name.startsWith('kafka4-') && !names.includes(name));
  if (surplus.length > 0) throw new Error(`kafka4 depends on ${surplus.join(', ')}, which is left out`);
  // A version like 1.0.0-beta.1 must not become what `npm install kafka4` gives.
  const tag = wanted.includes('-') ? 'next' : 'latest';
  return names.map((name) => ({ name, version: wanted, file: found[name].file, tag }));
}

/**
 * @param {object} options
 * @param {string} options.packages
 * @param {string} [options.version]
 * @param {string[]} [options.without]
 * @param {boolean} [options.dryRun]
 * @param {(line: string) => void} [options.tell]
 * @param {NodeJS.ProcessEnv} [options.env]
 */
export function publish({ packages, version, without, dryRun = false, tell = () => {}, env = process.env }) {
  for (const each of plan(packages, version, without)) {
    const what = `${each.name}@${each.version}`;
    if (isThere(what)) {
      tell(`${what} is there already`);
      continue;
    }
    // Signed with the identity of a workflow's run; there is none for a person.
    const provenance = env.GITHUB_ACTIONS === 'true' ? ['--provenance'] : [];
    const flags = ['--access', 'public', ...provenance, '--tag', each.tag, '--ignore-scripts'];
    if (dryRun) {
      tell(`${what} would be published as ${each.tag}: npm publish ${each.file} ${flags.join(' ')}`);
      continue;
    }
    const { status, output } = npm(['publish', each.file, ...flags]);
    if (status !== 0) throw new Error(`npm publish of ${what} ended with ${status}:\n${output}`);
    tell(`${what} published as ${each.tag}`);
  }
}

/** Only npm's own word that it is not there counts: a registry that is ill must not look like an empty one. */
function isThere(what) {
  const { status, output } = npm(['view', what, 'version', '--json']);
  if (status === 0) return output.trim() !== '';
  if (/\bE404\b/.test(output)) return false;
  throw new Error(`npm could not be asked for ${what}:\n${output}`);
}

function npm(args) {
  const run = spawnSync(IS_WINDOWS ? 'npm.cmd' : 'npm', args, { encoding: 'utf8', shell: IS_WINDOWS });
  return { status: run.status, output: `${run.stdout ?? ''}${run.stderr ?? ''}${run.error?.message ?? ''}` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      packages: { type: 'string' },
      version: { type: 'string' },
      without: { type: 'string', multiple: true },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  try {
    if (!values.packages) throw new Error('--packages DIR is missing: the folder with the tarballs');
    const { packages, version, without } = values;
    publish({
      packages,
      version,
      without,
      dryRun: values['dry-run'],
      tell: (line) => process.stdout.write(`${line}\n`),
    });
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
    process.exit(1);
  }
}
