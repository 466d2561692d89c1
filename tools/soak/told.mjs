// How the two processes of a soak speak with the one that started them.

/** @param {object} what */
export function tell(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** Resolves when the parent closes our standard input, also by its own death. */
export function stopped() {
  return new Promise((resolve) => {
    process.stdin.on('end', resolve);
    process.stdin.on('error', resolve);
    process.stdin.resume();
  });
}
