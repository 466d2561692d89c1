// What KafkaJS refuses before it asks a broker is refused here with the same error, and nothing else is.

import * as kafkajs from 'kafkajs';
import * as kafka4 from '@/lib/index';
import { BAD_CALLS } from './support/admin-bad-calls';

const libraries = { kafkajs, kafka4: kafka4 as unknown as typeof kafkajs };
type Call = (...args: unknown[]) => unknown;

/** Nobody listens there: what passes the checks is a connection error. */
function admin({ Kafka, logLevel }: typeof kafkajs): Record<string, Call> {
  const retry = { retries: 0, initialRetryTime: 1 };
  const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING, retry, connectionTimeout: 200 });
  return kafka.admin() as unknown as Record<string, Call>;
}

const admins = { kafkajs: admin(libraries.kafkajs), kafka4: admin(libraries.kafka4) };

async function refusal(client: Record<string, Call>, method: string, args: readonly unknown[]) {
  try {
    await (client[method] as Call)(...args);
  } catch (error) {
    const { name, message, retriable } = error as { name: string; message: string; retriable?: boolean };
    return { name, message, retriable };
  }
  throw new Error(`${method} was expected to be refused`);
}

const passed = (message: string) => /Connection error|ECONNREFUSED/.test(message);

test.each(BAD_CALLS.map((call) => [`${call[0]}(${call.slice(1).map(shown).join(', ')})`, call] as const))(
  '%s',
  async (_name, [method, ...args]) => {
    const theirs = await refusal(admins.kafkajs, method, args);
    const ours = await refusal(admins.kafka4, method, args);
    if (passed(theirs.message)) expect(ours.message).toMatch(/Connection error/);
    // The sentence of a TypeError is the engine's, about the code that read the argument.
    else if (theirs.name === 'TypeError') expect(ours.name).toBe('TypeError');
    else expect(ours).toEqual(theirs);
  },
);

test('there is such a call for every method that has arguments', () => {
  const named = new Set(BAD_CALLS.map(([method]) => method));
  const without = ['connect', 'disconnect', 'listTopics', 'describeCluster', 'listGroups', 'logger', 'events'];
  const methods = Object.keys(admins.kafkajs).filter((name) => !without.includes(name));
  expect(methods.filter((name) => !named.has(name))).toEqual([]);
});

test('the client has what that of KafkaJS has', () => {
  expect(Object.keys(admins.kafka4).sort()).toEqual(Object.keys(admins.kafkajs).sort());
  expect(admins.kafka4.events).toEqual(admins.kafkajs.events);
});

function shown(value: unknown): string {
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? 'undefined');
}
