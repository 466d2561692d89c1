// What the children of a run share: how they tell their parent that the end has begun.

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** From here on the time until the process is gone is counted. */
export function ending() {
  process.stdout.write('ending\n');
}
