// @platformatic/kafka. Row one: 'data' events and `producer.send`. Row two: `for await` over the consumer's stream, and
// the producer's stream, which makes batches of what is written to it and reports them.

import * as peers from '../lib/peers.mjs';
import { broker } from '../lib/settings.mjs';

const PACKAGE = '@platformatic/kafka';
const STREAM = 'platformatic-stream';
export const rows = [
  { name: 'platformatic', title: '@platformatic/kafka', slow: true },
  { name: STREAM, title: '@platformatic/kafka, streams', slow: true },
];
export const unavailable = () => peers.problem(PACKAGE);
export const version = () => peers.version(PACKAGE);

/** An event cannot wait for its handler. */
export function cannot({ options }, row) {
  if (row !== STREAM && options.each === 'message') return "'data' events do not wait for a handler: see its streams";
  return undefined;
}

/** It asks for a newer Node.js than kafka4 does. What it misses in an older one is this alone. */
const load = () => {
  Promise.withResolvers ??= function withResolvers() {
    let resolve;
    let reject;
    const promise = new this((yes, no) => {
      resolve = yes;
      reject = no;
    });
    return { promise, resolve, reject };
  };
  return import(PACKAGE);
};

const base = () => ({ clientId: 'bench', bootstrapBrokers: broker().split(',') });

const ACCESS = {
  value: (message) => message.value,
  // Parsed by the library's own deserializer.
  json: (message) => message.value,
  key: (message) => message.key,
  headers: (message) => message.headers,
  header: (headers, name) => headers.get(name),
};

export async function consumer({ topics, group, read }, tally, row) {
  const { Consumer, jsonDeserializer, stringDeserializer } = await load();
  const deserializers = {};
  if (read === 'json') deserializers.value = jsonDeserializer;
  if (read === 'record') deserializers.headerKey = stringDeserializer;
  const client = new Consumer({ ...base(), groupId: group, deserializers });
  const stream = await client.consume({ topics, mode: 'earliest', autocommit: 1_000 });
  const take = tally.taker(ACCESS);
  if (row === STREAM) {
    const handler = async (message) => {
      take(message);
    };
    (async () => {
      for await (const message of stream) await handler(message);
    })().catch(failed);
  } else {
    stream.on('data', take);
    stream.on('error', failed);
  }
  return { close: () => client.close(true) };
}

function failed(error) {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}

export async function producer({ batch, inflight, strings, headers }, row) {
  const { Producer, ProduceAcks, stringSerializers } = await load();
  // Without serializers everything is a Buffer, the names of headers, too.
  const client = new Producer({
    ...base(),
    acks: ProduceAcks.ALL,
    ...(strings ? { serializers: stringSerializers } : {}),
  });
  const named = (all) => new Map(Object.entries(all).map(([name, value]) => [Buffer.from(name), value]));
  const prepare = (messages, topic) =>
    messages.map((message) => ({
      topic,
      ...message,
      ...(headers && !strings ? { headers: named(message.headers) } : {}),
    }));
  if (row !== STREAM) {
    return {
      prepare,
      send: (_topic, messages) => client.send({ messages, acks: ProduceAcks.ALL, compression: 'none' }),
      close: () => client.close(),
    };
  }
  return { prepare, ...streaming(client, { batch, inflight, acks: ProduceAcks.ALL }), close: () => client.close(true) };
}

/** Sends through the producer's stream: settled by its reports, which come in the order of writing. */
function streaming(client, { batch, inflight, acks }) {
  // As many as are in flight at most, so that no full batch waits for the timer.
  const batchSize = Math.min(batch * (inflight ?? 1), 10_000);
  const stream = client.asStream({ acks, compression: 'none', batchSize, batchTime: 0, reportMode: 'batch' });
  /** @type {{ left: number, resolve: () => void, reject: (error: Error) => void }[]} */
  const waiting = [];
  let first = 0;
  stream.on('delivery-report', ({ count }) => {
    for (let left = count; left > 0; ) {
      const send = waiting[first];
      const taken = Math.min(left, send.left);
      send.left -= taken;
      left -= taken;
      if (send.left > 0) continue;
      send.resolve();
      waiting[first] = undefined;
      first += 1;
    }
    if (first > 10_000) first -= waiting.splice(0, first).length;
  });
  stream.on('error', (error) => {
    for (const send of waiting) send?.reject(error);
  });
  return {
    send: (_topic, messages) =>
      new Promise((resolve, reject) => {
        waiting.push({ left: messages.length, resolve, reject });
        for (const message of messages) stream.write(message);
      }),
  };
}
