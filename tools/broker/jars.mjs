// Kafka's jars: resolved by Maven once for a version, then found in a cache.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findMaven } from './jvm.mjs';
import { BrokerToolError, jarFolders, TOOLS_DIR } from './paths.mjs';

const POM = join(TOOLS_DIR, 'pom.xml');

/** The version that pom.xml pins: it has no second home. */
export function kafkaVersion() {
  const found = /<kafka\.version>([^<]+)</.exec(readFileSync(POM, 'utf8'));
  if (!found) throw new BrokerToolError(`${POM} pins no kafka.version`);
  return found[1];
}

/**
 * @param {(line: string) => void} [progress]
 * @returns {Promise<{ jars: string, version: string }>}
 */
export async function ensureJars(progress = () => {}) {
  const version = kafkaVersion();
  const folders = jarFolders(version);
  for (const jars of [folders.project, folders.user]) {
    if (existsSync(join(jars, `kafka_2.13-${version}.jar`))) return { jars, version };
  }
  const maven = findMaven();
  const target = writable(dirname(folders.user)) ? folders.user : folders.project;
  mkdirSync(dirname(target), { recursive: true });
  // Fetched beside its place and renamed: a folder with the right name is always a whole one, even after
  // Ctrl-C and with two clones fetching at the same time.
  removeLeftovers(target);
  const work = mkdtempSync(`${target}.part-`);
  try {
    await fetchJars(maven, work, version, progress);
    try {
      renameSync(work, target);
    } catch (error) {
      if (!existsSync(join(target, `kafka_2.13-${version}.jar`))) throw error;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return { jars: target, version };
}

/** Parts of fetches that were killed; an hour old, so that no other fetch is working on them. */
function removeLeftovers(target) {
  const folder = dirname(target);
  for (const name of readdirSync(folder)) {
    const part = join(folder, name);
    const old = name.includes('.part-') && Date.now() - statSync(part).mtimeMs > 3_600_000;
    if (old) rmSync(part, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function writable(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    rmSync(mkdtempSync(join(folder, 'probe-')), { recursive: true });
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} maven
 * @param {string} folder
 * @param {string} version
 * @param {(line: string) => void} progress
 * @returns {Promise<void>}
 */
function fetchJars(maven, folder, version, progress) {
  progress(`Fetching Apache Kafka ${version} by Maven (about 55 MB, once)`);
  const args = ['-q', '-B', '-ntp', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`];
  // mvn.cmd can only be run through a shell, which splits at the spaces of a path.
  const shell = process.platform === 'win32';
  const child = spawn(maven, shell ? args.map((arg) => `"${arg}"`) : args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell,
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const ticker = setInterval(() => {
    const count = readdirSync(folder).length;
    progress(count > 0 ? `  ${count} jars copied` : '  Maven is resolving');
  }, 5_000);
  const killChild = () => child.kill();
  process.once('exit', killChild);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(ticker);
      process.removeListener('exit', killChild);
      if (code === 0) return resolve();
      const told = output
        .replace(/\u001b\[[0-9;]*m/g, '')
        .split('\n')
        .filter((line) => line.includes('ERROR'));
      reject(
        new BrokerToolError(
          [
            `Maven could not fetch Apache Kafka ${version} (exit code ${code}):`,
            ...told.slice(0, 5).map((line) => `  ${line.trim()}`),
            "Check the network and Maven's settings (proxy, mirror), or run the command by hand:",
            `  mvn -f ${POM} dependency:copy-dependencies -DoutputDirectory=${jarFolders(version).user}`,
          ].join('\n'),
        ),
      );
    });
  });
}
