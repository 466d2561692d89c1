// Runs in the runtime that is checked: `<runtime> child.cjs <check> <folder>`, where the folder has node_modules/kafka4.
// Prints one line of JSON; then it must end by itself.

const { createRequire } = require('node:module');
const { join } = require('node:path');
const checks = require('./checks.cjs');

const [check, folder] = process.argv.slice(2);
const requireThere = createRequire(join(folder, 'noop.js'));

/** Where we are and what was loaded. */
async function facts(kafka4) {
  // The addon is loaded at first use.
  kafka4.declaredTopics();
  const report = /** @type {any} */ (process.report?.getReport?.());
  return {
    runtime: process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`,
    platform: `${process.platform}-${process.arch}`,
    libc: process.platform === 'linux' ? (report?.header?.glibcVersionRuntime ?? 'not glibc') : undefined,
    version: requireThere('kafka4/package.json').version,
    addon: Object.keys(require.cache).find((file) => file.endsWith('.node')),
  };
}

const all = { ...checks, facts };

(async () => {
  try {
    const told = await all[check](requireThere('kafka4'));
    process.stdout.write(`${JSON.stringify({ told })}\n`);
  } catch (error) {
    const cause = error?.cause ? `\ncaused by ${error.cause.stack ?? error.cause}` : '';
    process.stdout.write(`${JSON.stringify({ failure: `${error?.stack ?? error}${cause}` })}\n`);
  }
})();
