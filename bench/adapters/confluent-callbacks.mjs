// The part of @confluentinc/kafka-javascript that is node-rdkafka's: events, callbacks, librdkafka's calls one by one.

import { KAFKAJS_ACCESS } from '../lib/access.mjs';

/** Messages of one call of `consume`, as its documentation has it. */
const BATCH = 1_000;

const ACCESS = {
  ...KAFKAJS_ACCESS,
  // A list of objects with one name each.
  header: (headers, name) => {
    for (const header of headers) if (header[name] !== undefined) return header[name];
    return undefined;
  },
};

function connected(client) {
  return new Promise((resolve, reject) => {
    client.connect({}, (error) => (error ? reject(error) : resolve(undefined)));
  });
}

function disconnected(client) {
  return new Promise((resolve) => {
    client.disconnect(() => resolve(undefined));
  });
}

export async function consumer({ KafkaConsumer }, properties, { topics, each, inflight }, tally) {
  // Properties of topics stand apart here: among the others they are overruled.
  const { 'auto.offset.reset': reset, ...own } = properties;
  const client = new KafkaConsumer(own, { 'auto.offset.reset': reset });
  await connected(client);
  // It waits so long for each message of a call, also for the one after the last.
  client.setDefaultConsumeTimeout(1);
  client.subscribe(topics);
  const take = tally.taker(ACCESS);
  const handler = async (message) => {
    take(message);
  };
  // One message in flight: the mode that hands each over as it comes. It does not wait for handlers.
  if (inflight === 1) {
    client.on('data', take);
    client.consume();
    return { close: () => disconnected(client) };
  }
  let open = true;
  const more = () => {
    client.consume(BATCH, (error, messages) => {
      if (!open) return;
      if (error) throw error;
      if (each === 'batch') {
        for (const message of messages) take(message);
        more();
      } else {
        (async () => {
          for (const message of messages) await handler(message);
        })().then(more);
      }
    });
  };
  more();
  return {
    close: () => {
      open = false;
      return disconnected(client);
    },
  };
}

export async function producer({ Producer }, properties, { strings }) {
  const { acks, ...own } = properties;
  const client = new Producer({ ...own, dr_cb: true }, { acks });
  await connected(client);
  // "More efficient for high-throughput producers."
  client.setPollInBackground(true);
  client.on('delivery-report', (error, { opaque: send }) => {
    if (error) send.error ??= error;
    send.left -= 1;
    if (send.left > 0) return;
    if (send.error) send.reject(send.error);
    else send.resolve();
  });
  const bytes = (value) => (typeof value === 'string' ? Buffer.from(value) : value);
  const list = (headers) => headers && Object.entries(headers).map(([name, value]) => ({ [name]: value }));
  const form = ({ value, key, headers }) => ({ value: bytes(value), key, headers: list(headers) });
  return {
    prepare: (messages) => (strings ? messages : messages.map(form)),
    send: (topic, messages) =>
      new Promise((resolve, reject) => {
        const send = { left: messages.length, error: undefined, resolve, reject };
        for (const message of messages) {
          // It takes Buffers only: making them of strings is part of the work.
          const { value, key, headers } = strings ? form(message) : message;
          try {
            client.produce(topic, null, value, key, null, send, headers);
          } catch (error) {
            send.error ??= error;
            send.left -= 1;
            if (send.left === 0) reject(error);
          }
        }
      }),
    close: () => disconnected(client),
  };
}
