// Finds a Java that can run Kafka 4, and runs Kafka's own command line tools with it.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BrokerToolError, TOOLS_DIR } from './paths.mjs';

const ALTERNATIVES = [
  'Other ways to get a broker:',
  '  - with Docker running, the same command starts the services of compose.yaml',
  '  - KAFKA_BROKER=embedded runs a broker inside your own process: no Java, no Docker',
].join('\n');

const INSTALL_JAVA = [
  'Install Java 17 or newer:',
  '  Debian, Ubuntu  sudo apt-get install openjdk-17-jre-headless',
  '  macOS           brew install openjdk@21',
  '  Windows         winget install EclipseAdoptium.Temurin.21.JDK',
  'and see that `java` is on the PATH, or set JAVA_HOME.',
].join('\n');

/**
 * The Java to use: JAVA_HOME first, as Kafka's own scripts do, else the PATH.
 *
 * @returns {{ java: string, version: number }}
 */
export function findJava(env = process.env) {
  const exe = process.platform === 'win32' ? 'java.exe' : 'java';
  const candidates = env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin', exe), 'java'] : ['java'];
  let tooOld;
  for (const java of candidates) {
    if (java !== 'java' && !existsSync(java)) continue;
    const run = spawnSync(java, ['-version'], { encoding: 'utf8', env });
    if (run.error || run.status !== 0) continue;
    const found = /version "(?:1\.)?(\d+)/.exec(`${run.stderr}${run.stdout}`);
    const version = found ? Number(found[1]) : 0;
    if (version >= 17) return { java, version };
    tooOld = version;
  }
  const problem = tooOld === undefined ? 'No Java was found' : `Java ${tooOld} was found, which is too old`;
  throw new BrokerToolError(
    `${problem}: a local Apache Kafka 4 needs Java 17 or newer.\n\n${INSTALL_JAVA}\n\n${ALTERNATIVES}`,
  );
}

/** @returns {string} the command, or a BrokerToolError that says how to get Maven */
export function findMaven(env = process.env) {
  const maven = process.platform === 'win32' ? 'mvn.cmd' : 'mvn';
  const run = spawnSync(maven, ['--version'], { encoding: 'utf8', env, shell: process.platform === 'win32' });
  if (!run.error && run.status === 0) return maven;
  throw new BrokerToolError(
    [
      "No Maven was found: it fetches Kafka's jars, once (they are cached afterwards).",
      '',
      'Install it:',
      '  Debian, Ubuntu  sudo apt-get install maven',
      '  macOS           brew install maven',
      '  Windows         winget install Apache.Maven',
      '',
      ALTERNATIVES,
    ].join('\n'),
  );
}

/** @param {string} jars */
export function classPath(jars) {
  return [join(jars, '*')].join(delimiter);
}

/** A tool lives for a second: the C1 compiler and the serial collector make it start fastest. */
const TOOL_FLAGS = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];

/**
 * Runs one of Kafka's command line classes and gives what it printed.
 *
 * @param {{ java: string, jars: string, flags?: string[], classes?: string }} runtime  `classes`: a folder besides the jars
 * @param {string} mainClass
 * @param {string[]} args
 * @param {{ input?: string | Buffer, timeout?: number }} [options]
 * @returns {Promise<string>} stdout; rejects with both streams when the exit code is not 0
 */
export function runTool(runtime, mainClass, args, { input, timeout = 60_000 } = {}) {
  const log4j = `-Dlog4j2.configurationFile=${join(TOOLS_DIR, 'log4j2-tools.xml')}`;
  const path = [...(runtime.classes ? [runtime.classes] : []), classPath(runtime.jars)].join(delimiter);
  const command = [...TOOL_FLAGS, ...(runtime.flags ?? []), log4j, '-cp', path, mainClass, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(runtime.java, command, { stdio: ['pipe', 'pipe', 'pipe'], timeout, killSignal: 'SIGKILL' });
    /** @type {Buffer[]} */ const out = [];
    /** @type {Buffer[]} */ const err = [];
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const stdout = Buffer.concat(out).toString('utf8');
      if (code === 0) return resolve(stdout);
      const why = signal ? `was ended by ${signal} (limit ${timeout} ms)` : `ended with code ${code}`;
      reject(new BrokerToolError(`${mainClass} ${why}\n${Buffer.concat(err).toString('utf8')}${stdout}`.trim()));
    });
    // A tool that fails at once closes its stdin: the exit code tells more than EPIPE does.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
  });
}
