// Finds processes that a run has started and that are still there at its end. They are known by a variable
// in their environment, which every descendant inherits; neither a new session nor a dead parent hides them,
// as it would from a search by process group or by parent.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const VARIABLE = 'KAFKA4_TEST_RUN';

/** A compiler cache's server is meant to stay, and belongs to the user. */
const MEANT_TO_STAY = /(^|\/)sccache(\s|$)/;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** From here on every process that this one starts can be found. */
export function markDescendants() {
  process.env[VARIABLE] = `${process.pid}-${Date.now().toString(36)}`;
}

/**
 * @param {number} [patience]  milliseconds for those that are about to end
 * @returns {Promise<{ pid: number, command: string }[]>}
 */
export async function leftovers(patience = 3_000) {
  const until = Date.now() + patience;
  for (;;) {
    const found = marked().filter(({ command }) => !MEANT_TO_STAY.test(command));
    if (found.length === 0 || Date.now() > until) return found;
    await sleep(100);
  }
}

/** @param {{ pid: number }[]} processes */
export function endLeftovers(processes) {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended in this moment.
    }
  }
}

function marked() {
  const mark = `${VARIABLE}=${process.env[VARIABLE]}`;
  if (process.platform === 'linux') return markedOnLinux(mark);
  if (process.platform === 'darwin') return markedOnMacos(mark);
  return [];
}

function markedOnLinux(mark) {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark)) return [];
      return [{ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() }];
    } catch {
      // It has ended, or belongs to another user.
      return [];
    }
  });
}

function markedOnMacos(mark) {
  const { stdout } = spawnSync('ps', ['-axwwE', '-o', 'pid=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [, pid, command] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    return pid && Number(pid) !== process.pid && command.includes(mark)
      ? [{ pid: Number(pid), command: command.slice(0, 120) }]
      : [];
  });
}
