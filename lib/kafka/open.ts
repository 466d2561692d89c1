/** Services that are connected, of the whole process: what a signal has to end besides the singletons. */
import type { Patience } from './patience.js';
import { state } from './state.js';

export interface OpenProducer {
  disconnectBy(patience: Patience): Promise<void>;
  refuse(error: unknown): void;
}

export interface OpenConsumer {
  stopAllConsumers(): Promise<void>;
}

function registry<T>(name: string): Set<T> {
  const { singletons } = state();
  const known = singletons.get(name) as Set<T> | undefined;
  if (known !== undefined) return known;
  const created = new Set<T>();
  singletons.set(name, created);
  return created;
}

export function openProducers(): Set<OpenProducer> {
  return registry('open-producers');
}

export function openConsumers(): Set<OpenConsumer> {
  return registry('open-consumers');
}
