// The install script of the published package. Where the addon was built beforehand, in one of the optional packages
// kafka4-<platform>, there is nothing to do. Where there is none, it is built from source, or what is missing is told.
//
//   KAFKA4_SKIP_BUILD=1                  installs without the native part, for what never runs it (linters, type checks)
//   npm_config_build_from_source=kafka4  builds although there is a built one (npm install --build-from-source=kafka4)

const { existsSync, readFileSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');
const { loadFailure } = require('./loads.cjs');
const { addonFile, packageName, platformName, thisPlatform, wantedPlatform } = require('./platform.cjs');

const ROOT = resolve(__dirname, '..', '..');

/**
 * @typedef {{ do: 'nothing' | 'skip' | 'build', why: string }} Decision
 *   `nothing`: all is there; `skip`: not built although it is missing, told in a line
 */

/**
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.root]  of the package
 * @returns {Decision}
 */
function decide({ env = process.env, root = ROOT } = {}) {
  // The loader takes this file and looks no further.
  if (env.NAPI_RS_NATIVE_LIBRARY_PATH) return { do: 'nothing', why: 'NAPI_RS_NATIVE_LIBRARY_PATH names the addon' };
  const [here, wanted] = [platformName(thisPlatform()), platformName(wantedPlatform(env))];
  if (here !== wanted) return { do: 'skip', why: `packages are installed for ${wanted}, and this is ${here}` };
  if (isYes(env.KAFKA4_SKIP_BUILD)) return { do: 'skip', why: 'KAFKA4_SKIP_BUILD is set' };
  if (['true', '1', 'kafka4'].includes(env.npm_config_build_from_source ?? '')) {
    return { do: 'build', why: 'a build from source is asked for (build-from-source)' };
  }
  if (existsSync(join(root, addonFile(thisPlatform())))) {
    const failure = loadFailure(join(root, addonFile(thisPlatform())));
    if (failure === undefined) return { do: 'nothing', why: 'it is built' };
    return { do: 'build', why: `the addon that was built here cannot be loaded (${failure})` };
  }
  return prebuilt(root);
}

/** @param {string} root @returns {Decision} */
function prebuilt(root) {
  const platform = thisPlatform();
  const name = packageName(platform);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (!(name in (manifest.optionalDependencies ?? {}))) {
    return { do: 'build', why: `there is no built addon for ${platformName(platform)}` };
  }
  let file;
  try {
    file = require.resolve(`${name}/package.json`, { paths: [root] });
  } catch {
    const why =
      `${name}, which holds the built addon, is not installed. Usual causes: optional packages are left out ` +
      '(--omit=optional, --no-optional), or the lock file was written on another platform';
    return { do: 'build', why };
  }
  const { version } = JSON.parse(readFileSync(file, 'utf8'));
  if (version !== manifest.version) {
    return { do: 'build', why: `${name} is version ${version}, and kafka4 is ${manifest.version}` };
  }
  const failure = loadFailure(join(dirname(file), addonFile(platform)));
  if (failure === undefined) return { do: 'nothing', why: `${name} has it` };
  return { do: 'build', why: `the addon of ${name} cannot be loaded here (${failure})` };
}

function isYes(value) {
  return Boolean(value) && !['0', 'false', 'no'].includes(String(value).toLowerCase());
}

async function main() {
  const decision = decide();
  if (decision.do === 'nothing') return;
  if (decision.do === 'skip') {
    process.stderr.write(`kafka4: the native part is not built: ${decision.why}.\n`);
    return;
  }
  const { buildFromSource } = await import('./build.mjs');
  await buildFromSource({ why: decision.why });
}

module.exports = { decide };

if (require.main === module) {
  main().catch((error) => {
    process.stderr.write(`\n${error?.name === 'PrepareError' ? error.message : error?.stack}\n`);
    process.exitCode = 1;
  });
}
