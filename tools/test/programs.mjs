// The programs, besides Kafka, that the suites in a browser drive.

import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @typedef {{ available: true } | { available: false, why: string }} Found */

/** @returns {{ chromium: Found, postgres: Found, redis: Found }} */
export function findPrograms() {
  return {
    chromium: found(['chromium', 'chromium-browser', 'google-chrome'], 'Chromium', 'chromium'),
    postgres: found(['postgres'], 'PostgreSQL', 'postgresql', postgresFolders()),
    redis: found(['redis-server'], 'Redis', 'redis-server'),
  };
}

/** Debian keeps the server's programs of each version out of the PATH. */
function postgresFolders() {
  const versions = '/usr/lib/postgresql';
  return existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : [];
}

/**
 * @param {string[]} names
 * @param {string} what
 * @param {string} debian  its package
 * @param {string[]} [besides]  folders that are not on the PATH
 * @returns {Found}
 */
function found(names, what, debian, besides = []) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...besides];
  if (names.some((name) => folders.some((folder) => existsSync(join(folder, name))))) return { available: true };
  return { available: false, why: `${what} is not there: sudo apt-get install ${debian}` };
}
