// What a server does beside answering requests: connect to Kafka, consume, and end without losing anything.

import { type AppState, app } from '@/lib/app-state';
import { registerHandlers } from '@/lib/handlers';
import { getKafka4Status, initializeKafka4, kafkaConfig, kafkaConsumerService } from '@/lib/kafka';
import { endInOrder } from '@/lib/shutdown';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/** Returns at once: a server answers requests (and its health check) while Kafka is still away. */
export function start(): void {
  const state = app();
  // The state outlives hot reloads; what it has started is not started again.
  if (state.starts > 0) return;
  state.starts += 1;
  endInOrder(state);
  void connect(state);
}

/** Tries until the brokers answer, or the server ends. */
async function connect(state: AppState): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; !state.closing; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      await initializeKafka4();
      registerHandlers(state, await clusterName());
      await kafkaConsumerService.startAllConsumers();
      state.ready = true;
      state.startError = null;
      return;
    } catch (error) {
      if (state.closing) return;
      state.startError = error instanceof Error ? error.message : String(error);
      console.error(`Kafka is not ready, trying again in ${pause / 1000} s: ${state.startError}`);
      await new Promise((resolve) => setTimeout(resolve, pause).unref());
    }
  }
}

/** Offsets count within a cluster. The embedded broker begins anew with each process. */
async function clusterName(): Promise<string> {
  if (kafkaConfig.brokers.join().startsWith('embedded')) return `embedded-${process.pid}-${Date.now()}`;
  return (await getKafka4Status()).cluster?.clusterId ?? kafkaConfig.brokers.join();
}
