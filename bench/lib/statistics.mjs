// Medians and spreads of rounds, ratios within rounds. A run is a result, or `{ failed: reason }`.

export const succeeded = (run) => run !== undefined && run.failed === undefined;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median, smallest and largest of what `pick` finds in the runs; undefined where it finds nothing. */
export function spread(runs, pick) {
  const values = runs
    .filter(succeeded)
    .map(pick)
    .filter((value) => Number.isFinite(value));
  if (values.length === 0) return undefined;
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The ratio to another row, taken within each round: what else the machine did then slowed both. */
export function ratio(runs, others, pick) {
  const values = (runs ?? []).map((run, round) => {
    const other = others?.[round];
    return succeeded(run) && succeeded(other) ? pick(run) / pick(other) : Number.NaN;
  });
  const known = values.filter((value) => Number.isFinite(value));
  return known.length === 0 ? undefined : median(known);
}

/** The name of the row whose median is best; only rows that `counts` lets in. */
export function best(runs, pick, highest, counts) {
  let found;
  for (const [name, own] of Object.entries(runs)) {
    const value = counts(name) ? spread(own, pick)?.median : undefined;
    if (value === undefined) continue;
    if (found === undefined || (highest ? value > found.value : value < found.value)) found = { name, value };
  }
  return found?.name;
}

/** Slope of y over x by least squares. */
export function slope(points) {
  const n = points.length;
  if (n < 2) return 0;
  let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
  for (const [x, y] of points) {
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}
