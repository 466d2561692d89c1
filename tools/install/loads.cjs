// Whether an addon can be loaded here. Trying is the only proof: a system with an older C library refuses it, and a file
// that was cut short ends the process that loads it, so a process of its own does.

const { spawnSync } = require('node:child_process');

const LOAD = 'try { require(process.argv[1]) } catch (error) { console.log(error.message); process.exitCode = 1 }';

/** @param {string} file @returns {string | undefined} why not, in one line */
function loadFailure(file) {
  const { status, signal, stdout, error } = spawnSync(process.execPath, ['-e', LOAD, file], {
    encoding: 'utf8',
    // Flags for the application's process (loaders, inspectors) are not for this one.
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (status === 0) return undefined;
  if (error) return error.message;
  if (signal) return `it ends the process with ${signal}: the file is damaged`;
  return stdout.trim().split('\n')[0] || `code ${status}`;
}

module.exports = { loadFailure };
