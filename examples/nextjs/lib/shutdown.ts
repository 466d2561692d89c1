// SIGTERM and SIGINT: what was acknowledged is in Kafka, what handlers have finished is committed, then the process ends.

import type { AppState } from '@/lib/app-state';
import { installSignalHandlers } from '@/lib/kafka';

/** ms for the databases to close; Kafka has its own bound, KAFKA_TIMEOUT. */
const CLOSE_MS = 2_000;

/**
 * Next.js ends the process by itself at a signal, and waits for nobody. NEXT_MANUAL_SIG_HANDLE=true leaves it to us; it
 * must be in the environment when the server starts (see the scripts of package.json).
 */
export function endInOrder(state: AppState): void {
  if (!process.env.NEXT_MANUAL_SIG_HANDLE) {
    if (process.env.NODE_ENV === 'production') {
      console.warn('NEXT_MANUAL_SIG_HANDLE is not set: at SIGTERM Next.js will not wait for Kafka.');
    }
    return;
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      state.closing = true;
      state.hub.closeAll();
    });
  }
  // Consumers stop, publishes are acknowledged or rejected; only then comes `exit`.
  installSignalHandlers({
    exit: () => {
      const late = new Promise((resolve) => setTimeout(resolve, CLOSE_MS));
      const closed = Promise.allSettled([state.enrolments.close(), state.counters.close()]);
      void Promise.race([closed, late]).then(() => process.exit(0));
    },
  });
}
