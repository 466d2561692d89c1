/** One call that makes SIGTERM and SIGINT end the process in order: consumers, producers, then exit. */

import { constants } from 'node:os';
import * as timers from 'node:timers';
import { type KafkaConsumerService, kafkaConsumerService } from './consumer.js';
import { invalid, KafkaStateError, reading, show } from './errors.js';
import { kafkaInitializationService } from './initialization.js';
import { openConsumers, openProducers } from './open.js';
import { Patience } from './patience.js';
import { kafkaProducerService } from './producer.js';

export interface SignalHandlerOptions {
  /** Default: SIGTERM and SIGINT. */
  signals?: NodeJS.Signals[];
  /** Runs after cleanup; default: exits with 128 + the signal's number, as shells expect. */
  exit?: (signal: NodeJS.Signals) => void;
}

/** The system lets nobody hook these. */
const NEVER: readonly string[] = ['SIGKILL', 'SIGSTOP'];

const { setImmediate } = timers;

/**
 * Hooks the signals; the returned function takes the hooks away. A second signal exits at once.
 *
 * What was published before the end is acknowledged or rejected, and whoever waits for it is told before `exit`; what is
 * published too late for that is rejected with `ERR_KAFKA_CLOSED`. Services of the application's own are ended as the
 * singletons are.
 */
export function installSignalHandlers(options: SignalHandlerOptions = {}): () => void {
  const { signals, exit } = reading('the options of installSignalHandlers', () => checked(options));
  let ending = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (ending) {
      exit(signal);
      return;
    }
    ending = true;
    void end(signal);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const refused = await drain();
    // One turn for those who were told just now.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    exit(signal);
    // An `exit` of the application's own may let it live on.
    for (const producer of refused) producer.refuse(undefined);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

/** Ends everything; gives the producers that take nothing any more. */
async function drain(): Promise<{ refuse(error: undefined): void }[]> {
  const patience = new Patience();
  const shared = kafkaConsumerService as KafkaConsumerService;
  const others = [...openConsumers()].filter((consumer) => consumer !== shared);
  await Promise.allSettled([
    kafkaInitializationService.cleanup(),
    ...others.map((consumer) => consumer.stopAllConsumers()),
  ]);
  // What handlers and timers have published meanwhile, and the producers of the application's own.
  const producers = [...new Set([kafkaProducerService, ...openProducers()])];
  const error = new KafkaStateError(
    'ERR_KAFKA_CLOSED',
    'the process ends after a signal: nothing is published any more',
  );
  for (const producer of producers) producer.refuse(error);
  await Promise.allSettled(producers.map((producer) => producer.disconnectBy(patience)));
  return producers;
}

/** A copy: what is hooked is what will be unhooked, whatever becomes of the caller's object. */
function checked(options: SignalHandlerOptions): Required<SignalHandlerOptions> {
  if (typeof options !== 'object' || options === null) {
    throw invalid(`the options of installSignalHandlers are an object, not ${show(options)}`);
  }
  const { signals = ['SIGTERM', 'SIGINT'], exit = (signal) => process.exit(128 + constants.signals[signal]) } = options;
  if (typeof exit !== 'function') throw invalid(`exit must be a function, not ${show(exit)}`);
  if (!Array.isArray(signals)) throw invalid(`signals must be an array of names, not ${show(signals)}`);
  const names = Object.keys(constants.signals).filter((name) => !NEVER.includes(name));
  // By index, and no further than there are signals: an iterator is the caller's code, and may not end.
  const { length } = signals;
  if (length > names.length) throw invalid('signals has more names than there are signals');
  const own = Array.from({ length }, (_, i) => signals[i] as NodeJS.Signals);
  const unknown = own.find((signal) => !names.includes(signal));
  if (unknown !== undefined || own.includes(undefined as never)) {
    throw invalid(`${show(unknown)} is no signal that can be hooked`);
  }
  return { signals: [...new Set(own)], exit };
}
