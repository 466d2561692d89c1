// What runs, remembered between commands in `.kafka/broker.json`, and the lock of a start under way.

import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { BrokerToolError } from './paths.mjs';
import { isAlive, markProcess } from './processes.mjs';

/**
 * @typedef {object} BrokerState
 * @property {'jvm' | 'compose'} engine
 * @property {number[]} ports
 * @property {string} version
 * @property {string} since                                    ISO time of the start
 * @property {import('./processes.mjs').ProcessMark} [broker]  the JVM
 * @property {string[]} [command]                              the compose command
 */

/**
 * @param {import('./paths.mjs').BrokerPlace} place
 * @returns {BrokerState | undefined}
 */
export function readState(place) {
  try {
    return JSON.parse(readFileSync(place.state, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {import('./paths.mjs').BrokerPlace} place
 * @param {BrokerState} state
 */
export function writeState(place, state) {
  mkdirSync(place.dir, { recursive: true });
  const next = `${place.state}.new`;
  writeFileSync(next, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(next, place.state);
}

/** @param {import('./paths.mjs').BrokerPlace} place */
export function clearState(place) {
  rmSync(place.state, { force: true });
}

/**
 * Two starts at once would both find the ports free, and the one that fails would remove the other's state.
 *
 * @param {import('./paths.mjs').BrokerPlace} place
 * @returns {() => void} lets the lock go
 */
export function takeLock(place) {
  mkdirSync(place.dir, { recursive: true });
  for (;;) {
    try {
      const fd = openSync(place.lock, 'wx');
      writeSync(fd, JSON.stringify(markProcess(process.pid, 'node')));
      closeSync(fd);
      return () => rmSync(place.lock, { force: true });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const holder = readLock(place);
    if (holder && isAlive(holder)) {
      throw new BrokerToolError(`Another start is under way (pid ${holder.pid}). Wait for it, or end it first.`);
    }
    rmSync(place.lock, { force: true });
  }
}

/** @returns {import('./processes.mjs').ProcessMark | undefined} */
function readLock(place) {
  try {
    return JSON.parse(readFileSync(place.lock, 'utf8'));
  } catch {
    return undefined;
  }
}
