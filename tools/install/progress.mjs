// Where the progress of a build during `npm install` is told. npm keeps what install scripts print to itself until one
// fails; five minutes without a word look like a hang, so the terminal itself is told, where there is one.

import { openSync, writeSync } from 'node:fs';
import { inCi } from '../bootstrap/paths.mjs';
import { showProgress } from '../bootstrap/progress.mjs';

/** @param {{ env: NodeJS.ProcessEnv }} options */
export function installProgress({ env }) {
  const kept = showProgress(process.stderr);
  const terminal = hidesOutput(env) ? openTerminal() : undefined;
  if (!terminal) return kept;
  const shown = showProgress(terminal);
  return (event) => {
    kept(event);
    shown(event);
  };
}

/** pnpm, Yarn and Bun show what a script prints. */
function hidesOutput(env) {
  const isNpm = /^npm\//.test(env.npm_config_user_agent ?? '');
  return isNpm && env.npm_config_foreground_scripts !== 'true' && !process.stderr.isTTY && !inCi(env);
}

/** Plain lines: npm draws its own progress on the same terminal. @returns {NodeJS.WriteStream | undefined} */
function openTerminal() {
  try {
    const terminal = openSync('/dev/tty', 'w');
    const write = (text) => {
      try {
        writeSync(terminal, `\r\u001b[K${text}`);
      } catch {
        // It was closed while the build ran: nobody looks any more.
      }
      return true;
    };
    return /** @type {any} */ ({ isTTY: false, write });
  } catch {
    // No terminal, as in a container's build.
    return undefined;
  }
}
