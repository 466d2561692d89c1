// Detached processes that a later command must find again: remembered by pid, command line and start time.
//
// A pid alone is not enough. It may have been given to somebody else since the broker ended (after a
// reboot almost surely), and killing that process would be unforgivable.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} ProcessMark
 * @property {number} pid
 * @property {string} marker   stands in the process's command line and in no other's
 * @property {string} started  the start time as the system tells it; only compared
 */

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @returns {{ command: string, started: string } | undefined} undefined when there is no such process */
function lookUp(pid) {
  if (process.platform === 'linux') {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in parentheses may hold spaces: count the fields from behind it. Field 22 is the start.
      const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      return { command, started };
    } catch {
      return undefined;
    }
  }
  const script = `$p = Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}'; "$($p.CreationDate.Ticks) $($p.CommandLine)"`;
  const run =
    process.platform === 'win32'
      ? spawnSync('powershell', ['-NoProfile', '-Command', script], { encoding: 'utf8' })
      : spawnSync('ps', ['-ww', '-o', 'lstart=,command=', '-p', String(pid)], {
          encoding: 'utf8',
          env: { ...process.env, LC_ALL: 'C' },
        });
  const text = run.status === 0 ? run.stdout.trim() : '';
  if (text === '') return undefined;
  const cut = process.platform === 'win32' ? text.indexOf(' ') : 24;
  return { started: text.slice(0, cut).trim(), command: text.slice(cut + 1) };
}

/**
 * @param {number} pid
 * @param {string} marker
 * @returns {ProcessMark}
 */
export function markProcess(pid, marker) {
  return { pid, marker, started: lookUp(pid)?.started ?? '' };
}

/** @param {ProcessMark} mark */
export function isAlive({ pid, marker, started }) {
  const found = lookUp(pid);
  return found !== undefined && found.started === started && found.command.includes(marker);
}

/**
 * SIGTERM, a bounded wait, then SIGKILL.
 *
 * @param {ProcessMark} mark
 * @param {number} limit  milliseconds given to an orderly end
 * @returns {Promise<'gone' | 'stopped' | 'killed'>}
 */
export async function endProcess(mark, limit) {
  if (!isAlive(mark)) return 'gone';
  process.kill(mark.pid, 'SIGTERM');
  if (await ends(mark, limit)) return 'stopped';
  if (isAlive(mark)) process.kill(mark.pid, 'SIGKILL');
  await ends(mark, 5_000);
  return 'killed';
}

/** At once and without waiting: for the exit path of a start that was interrupted. */
export function killNow(mark) {
  if (isAlive(mark)) process.kill(mark.pid, 'SIGKILL');
}

async function ends(mark, limit) {
  const until = Date.now() + limit;
  while (isAlive(mark)) {
    if (Date.now() > until) return false;
    await sleep(100);
  }
  return true;
}
