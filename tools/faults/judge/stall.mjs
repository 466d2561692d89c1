// Longest times in which something waited and nothing happened.

/**
 * @param {{ t: number, since: number }[]} events  what happened at `t` had been waiting since `since`
 * @returns {number} ms; the longest time between two events (or before the first) in which something was waiting
 */
export function longestWait(events) {
  const sorted = events.map(({ t, since }) => ({ t, since: Math.min(since, t) })).sort((a, b) => a.t - b.t);
  // Of all that happens from here on, what has waited longest.
  const oldest = new Array(sorted.length);
  let since = Number.POSITIVE_INFINITY;
  for (let i = sorted.length - 1; i >= 0; i--) {
    since = Math.min(since, sorted[i].since);
    oldest[i] = since;
  }
  let longest = 0;
  for (let i = 0; i < sorted.length; i++) {
    const from = i === 0 ? oldest[0] : Math.max(sorted[i - 1].t, oldest[i]);
    longest = Math.max(longest, sorted[i].t - from);
  }
  return longest;
}
