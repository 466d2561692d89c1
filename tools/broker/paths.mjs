// Where the broker tools keep their things, and which ports they use. Every path can be moved by an
// environment variable so that tests run against a scratch folder and never touch a developer's broker.

import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const TOOLS_DIR = dirname(fileURLToPath(import.meta.url));
export const PROJECT_DIR = resolve(TOOLS_DIR, '..', '..');

/** An error that is told to the user as it is, without a stack. */
export class BrokerToolError extends Error {
  name = 'BrokerToolError';
}

/**
 * @typedef {object} BrokerPlace
 * @property {string} dir      the git-ignored folder with data, state and log
 * @property {string} data     Kafka's own data folder
 * @property {string} log      the broker's log
 * @property {string} state    which engine runs, and which process
 * @property {string} lock     held while a start is under way
 * @property {number[]} ports  the ports that clients use, the first one is the documented address
 */

/** @returns {BrokerPlace} */
export function brokerPlace(env = process.env) {
  const dir = resolve(env.KAFKA4_BROKER_DIR || join(PROJECT_DIR, '.kafka'));
  return {
    dir,
    data: join(dir, 'data'),
    log: join(dir, 'broker.log'),
    state: join(dir, 'broker.json'),
    lock: join(dir, 'start.lock'),
    ports: parsePorts(env.KAFKA4_BROKER_PORTS),
  };
}

/** 29092 is the address that applications use on the host, 9092 the one that Kafka's own examples use. */
function parsePorts(text) {
  if (!text) return [29092, 9092];
  const ports = text.split(',').map((part) => Number(part.trim()));
  if (
    ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65535) ||
    new Set(ports).size !== ports.length
  ) {
    throw new BrokerToolError(
      `KAFKA4_BROKER_PORTS is "${text}": expected different port numbers from 1 to 65535, separated by commas`,
    );
  }
  return ports;
}

/**
 * The jars are looked for in two places. The one per user is shared by all clones on a machine, so that a
 * second clone need not resolve 50 MB again; the one in the project exists for machines whose home
 * folder cannot be written (containers, CI) and for people who carry a prepared project folder around.
 *
 * @param {string} version
 */
export function jarFolders(version, env = process.env) {
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return {
    user: join(cache, 'kafka4', `jars-${version}`),
    project: join(brokerPlace(env).dir, `jars-${version}`),
  };
}
