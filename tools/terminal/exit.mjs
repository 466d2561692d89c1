// How a command ends.

const BY_ITSELF_MS = 10_000;

/**
 * After success the process must end by itself: what keeps it is a client that cleanup() did not close,
 * and that is a failure. After a failure something may be left open, so it is ended.
 *
 * @param {number} code
 */
export function finish(code) {
  process.exitCode = code;
  if (code !== 0) {
    // The callback: a pipe may take the last lines later (Windows).
    process.stdout.write('', () => process.exit(code));
    return;
  }
  const late = () => {
    process.stderr.write('The process did not end by itself after cleanup(): something is still open.\n');
    process.exit(1);
  };
  setTimeout(late, BY_ITSELF_MS).unref();
}
