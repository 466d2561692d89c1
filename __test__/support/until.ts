// Waiting for a condition, with a bound.

/** Resolves with the first truthy value of `condition`; rejects when there is none within the time (ms). */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  within = 20_000,
): Promise<NonNullable<T>> {
  const end = Date.now() + within;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a promise rejects with; an error when it resolves. */
export async function rejection<E = any>(promise: Promise<unknown>): Promise<E> {
  try {
    await promise;
  } catch (error) {
    return error as E;
  }
  throw new Error('it resolved, but was expected to reject');
}

/** What a function throws; an error when it returns. */
export function thrown<E = any>(run: () => unknown): E {
  try {
    run();
  } catch (error) {
    return error as E;
  }
  throw new Error('it returned, but was expected to throw');
}

let count = 0;

/** A name that no other test of this machine uses. */
export function unique(name: string): string {
  count += 1;
  return `${name}-${process.pid}-${Date.now().toString(36)}-${count}`;
}
