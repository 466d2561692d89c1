// Where librdkafka's sources are: in an npm package that carries them whole, pinned with its checksum by the
// lock file beside this file. They are fetched when they are needed and never committed. No script of that
// package (or of one that it depends on) is run.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const SOURCES = join(HERE, 'node_modules', '@confluentinc', 'kafka-javascript', 'deps', 'librdkafka');
/** What repairs.mjs applies its patches with. */
const DIFF = join(HERE, 'node_modules', 'diff');

/** Rounds of `npm ci`: a registry that answers 5xx for a moment must not cost a build of minutes. */
const TRIES = 3;

/**
 * @param {string} wanted  version, `2.15.1`
 * @returns {string} the folder; throws an error that says what to do
 */
export function ensureSources(wanted) {
  if (versionOf(SOURCES) !== wanted || !existsSync(DIFF)) fetchSources();
  const found = versionOf(SOURCES);
  if (found === wanted) return SOURCES;
  throw new Error(
    `librdkafka ${wanted} is wanted (tools/librdkafka/revision.mjs), but tools/librdkafka/package-lock.json brings ${found ?? 'none'}`,
  );
}

function fetchSources() {
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // The npm that runs the build, if one does: it may be another than the one on the PATH.
  const running = process.env.npm_execpath;
  const [command, ...first] = running?.endsWith('.js') ? [process.execPath, running] : ['npm'];
  for (let attempt = 1; ; attempt += 1) {
    const run = spawnSync(command, [...first, ...flags], { cwd: HERE, encoding: 'utf8', env: environment() });
    if (run.status === 0) return;
    if (attempt < TRIES) continue;
    const why = run.error?.message ?? `${run.stdout}${run.stderr}`.trim();
    throw new Error(
      `librdkafka's sources could not be fetched (\`npm ci\` in tools/librdkafka):\n${why}\n` +
        "Check the network and npm's settings (proxy, registry), then build again.",
    );
  }
}

/** Without what an npm that runs us has set for its own project: this one has another prefix. */
function environment() {
  const env = { ...process.env };
  for (const name of Object.keys(env))
    if (/^npm_(package|lifecycle)_|^npm_config_(local_prefix|prefix|workspace)/i.test(name)) delete env[name];
  delete env.NODE_ENV;
  return env;
}

/**
 * The version that a source tree says of itself (`RD_KAFKA_VERSION` in rdkafka.h: 0xMMmmrrpp).
 *
 * @param {string} folder
 * @returns {string | undefined}
 */
export function versionOf(folder) {
  const header = join(folder, 'src', 'rdkafka.h');
  if (!existsSync(header)) return undefined;
  const hex = /^#define\s+RD_KAFKA_VERSION\s+0x([0-9a-f]{8})/m.exec(readFileSync(header, 'utf8'))?.[1];
  if (!hex) return undefined;
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
}
