// Stands between a test process and its broker, so that no JVM survives the test.
//
// The test holds the other end of this process's stdin. However the test ends, also by SIGKILL, the system
// closes that pipe, and this process kills the broker, which is its own child: no pid can be mixed up.
// Its temporary folder goes with it then, as nobody else is left to remove it.
//
//   node guardian.mjs <log file> <java> <args...>
//   stdin   one command a line: a signal name for the broker
//   stdout  one JSON object a line: {"pid":1}, then {"code":0,"signal":null}

import { spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';

const [logFile, command, ...args] = process.argv.slice(2);
const log = openSync(logFile, 'a');
const broker = spawn(command, args, { stdio: ['ignore', log, log] });

// Ctrl-C in a terminal goes to everyone; the broker's end is decided by the test alone.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => {});
process.stdout.on('error', () => {});

const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
broker.on('spawn', () => tell({ pid: broker.pid }));
broker.on('error', (error) => {
  tell({ error: error.message });
  process.exit(1);
});
let orphaned = false;
broker.on('exit', (code, signal) => {
  if (orphaned) removeFolder();
  else tell({ code, signal });
  process.exit(0);
});

const commands = createInterface({ input: process.stdin });
commands.on('line', (line) => broker.kill(/** @type {NodeJS.Signals} */ (line.trim())));
// SIGKILL ends a broker that SIGSTOP has frozen, too.
commands.on('close', () => {
  orphaned = true;
  broker.kill('SIGKILL');
});
process.stdin.on('error', () => {});

function removeFolder() {
  const folder = dirname(logFile);
  if (basename(folder).startsWith('kafka4-test-')) rmSync(folder, { recursive: true, force: true });
}
