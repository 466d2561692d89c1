// kafka-crab-js. Row one: its Web Streams, with the sizes of its own throughput comparison, and `send`. Row two: Node
// streams with the sizes that its README starts with. npm installs its binary under Node.js 24 only; an older one can load
// it all the same.

import { KAFKAJS_ACCESS } from '../lib/access.mjs';
import * as peers from '../lib/peers.mjs';
import { broker, CONSUMER, producerProperties } from '../lib/settings.mjs';

const PACKAGE = 'kafka-crab-js';
const NODE = 'kafka-crab-node';
export const rows = [
  { name: 'kafka-crab', title: 'kafka-crab-js' },
  { name: NODE, title: 'kafka-crab-js, Node streams', kinds: ['consume'], slow: true },
];
export const unavailable = () => peers.problem(PACKAGE);
export const version = () => peers.version(PACKAGE);

async function open() {
  const { KafkaClient } = await import(PACKAGE);
  return new KafkaClient({ brokers: broker(), clientId: 'bench', logLevel: 'error', diagnostics: false });
}

const ACCESS = {
  ...KAFKAJS_ACCESS,
  value: (message) => message.payload,
  json: (message) => JSON.parse(message.payload.toString()),
};

export async function consumer({ topics, group, each }, tally, row) {
  const client = await open();
  const common = { groupId: group, enableAutoCommit: true, configuration: CONSUMER };
  const wanted = topics.map((topic) => ({ topic }));
  const take = tally.taker(ACCESS);
  const handler = async (message) => {
    take(message);
  };
  if (row === NODE) {
    const sizes = each === 'batch' ? { batchSize: 64, batchTimeout: 5 } : {};
    const stream = client.createStreamConsumer({ ...common, ...sizes });
    await stream.subscribe(wanted);
    (async () => {
      if (each === 'batch') for await (const message of stream) take(message);
      else for await (const message of stream) await handler(message);
    })().catch(failed);
    return { close: () => stream.disconnect() };
  }
  const sizes = each === 'batch' ? { batchSize: 4_096, batchTimeout: 2 } : {};
  const { consumer, stream } = client.createWebStreamConsumer({ ...common, ...sizes });
  await consumer.subscribe(wanted);
  const reader = stream.getReader();
  (async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      if (each === 'batch') for (const message of value) take(message);
      else await handler(value);
    }
  })().catch(failed);
  return {
    close: async () => {
      await reader.cancel();
      await consumer.disconnect();
    },
  };
}

function failed(error) {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}

export async function producer({ batch, strings }) {
  const client = await open();
  const producer = client.createProducer({ configuration: producerProperties({ batch }) });
  const bytes = (value) => (typeof value === 'string' ? Buffer.from(value) : value);
  const own = ({ value, key, headers }) => ({
    payload: bytes(value),
    ...(key === undefined ? {} : { key: bytes(key) }),
    ...(headers === undefined
      ? {}
      : { headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, bytes(text)])) }),
  });
  return {
    prepare: (messages) => (strings ? messages : messages.map(own)),
    // It takes Buffers only: making them of strings is part of the work.
    send: (topic, messages) => producer.send({ topic, messages: strings ? messages.map(own) : messages }),
    close: () => producer.flush(),
  };
}
