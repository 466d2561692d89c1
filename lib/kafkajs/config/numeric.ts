/** Numbers as programs give them: KafkaJS writes what it is given, so that digits in a text work there as well. */

const WHOLE = /^-?\d+$/;

/** `'5'` and `5n` as 5; everything else as it is, for the check that follows. */
export function numeric(value: unknown): unknown {
  if (typeof value === 'bigint' || (typeof value === 'string' && WHOLE.test(value))) return Number(value);
  return value;
}

/** ms that are more than none; else `usual`. */
export function durationOf(value: unknown, usual: number): number {
  const ms = Number(value ?? usual);
  return ms > 0 ? ms : usual;
}
