/** The addresses of a cluster: a list, or a function that gives one. Messages are KafkaJS's. */
import { KafkaJSConnectionError, KafkaJSNonRetriableError } from '../errors/index.js';
import type { KafkaConfig } from './types.js';

export async function brokersOf(brokers: KafkaConfig['brokers']): Promise<string[]> {
  const list = typeof brokers === 'function' ? await called(brokers) : brokers;
  if (!list) throw new KafkaJSNonRetriableError('Failed to connect: brokers should not be null');
  if (!Array.isArray(list)) {
    throw new KafkaJSNonRetriableError(
      `Failed to connect: brokers must be an array of "host:port", not ${typeof list}`,
    );
  }
  if (list.length === 0) throw new KafkaJSNonRetriableError('Failed to connect: brokers array is empty');
  list.forEach((broker: unknown, index) => {
    if (typeof broker === 'string' && broker !== '') return;
    throw new KafkaJSNonRetriableError(`Failed to connect: broker at index ${index} is invalid "${typeof broker}"`);
  });
  return [...list];
}

async function called(brokers: () => string[] | Promise<string[]>): Promise<string[]> {
  try {
    return await brokers();
  } catch (cause) {
    const { message, stack } = cause instanceof Error ? cause : { message: String(cause), stack: undefined };
    const error = new KafkaJSConnectionError(`Failed to connect: "config.brokers" threw: ${message}`);
    error.stack = `${error.name}\n  Caused by: ${stack}`;
    throw error;
  }
}
