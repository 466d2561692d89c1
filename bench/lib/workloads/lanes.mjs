// Sends with a bounded number in flight.

import { Meter } from '../meter.mjs';

/** A slow client stops here; what it had acknowledged counts. */
const WARM_MS = 5_000;
const RUN_MS = 15_000;

/** `inflight` loops, each awaiting its send; the clock starts when the warm-up is acknowledged. */
export async function inFlight({ total, warmup, batch, inflight }, send) {
  const count = total / batch;
  const start = performance.now();
  let next = 0;
  let acknowledged = 0;
  let before = 0;
  /** @type {Meter | undefined} */
  let meter;
  /** The measurement ends with the first lane that finds the time over; the others finish their sends unmeasured. */
  let result;
  const lane = async () => {
    while (next < count && result === undefined) {
      const number = next;
      next += 1;
      await send(number);
      acknowledged += batch;
      if (meter === undefined) {
        if (acknowledged < warmup && performance.now() - start < WARM_MS) continue;
        before = acknowledged;
        meter = new Meter();
      } else if (result === undefined && meter.seconds * 1000 > RUN_MS) {
        result = meter.stop(acknowledged - before);
      }
    }
  };
  await Promise.all(Array.from({ length: inflight }, lane));
  result ??= meter.stop(acknowledged - before);
  return { ...result, delivered: acknowledged, complete: acknowledged === total };
}
