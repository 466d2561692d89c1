// Stands between a client and a broker and understands Kafka's frames: a length, then for requests the key of the API and
// a correlation id, for responses that id. What the broker answers can be changed before the client gets it. Addresses in
// answers are changed in any case, so that the client stays behind the proxy.

import { connect, createServer } from 'node:net';

/** No request and no answer here is larger. */
const LONGEST = 64 * 1024 * 1024;

/**
 * What a mutation makes of a response: what is written, and what becomes of the connection then.
 *
 * @typedef {object} Answer
 * @property {Buffer[]} [write]
 * @property {'close' | 'reset' | 'stall'} [after]  `stall`: nothing more is said on it
 * @property {number} [drip]  bytes at a time, one each millisecond
 */

/**
 * @typedef {object} Response
 * @property {Buffer} frame     with its length in front
 * @property {number} api
 * @property {number} version
 */

/**
 * @param {object} options
 * @param {string} options.host
 * @param {number} options.port
 * @param {(response: Response) => Answer | undefined} options.mutate  undefined: as it is
 */
export async function startFrameProxy({ host, port, mutate }) {
  const sockets = new Set();
  /** Responses by API that were changed. @type {Map<number, number>} */
  const changed = new Map();
  let passed = 0;
  const server = createServer((client) => {
    const broker = connect({ host, port });
    /** @type {Map<number, { api: number, version: number }>} */
    const asked = new Map();
    let stalled = false;
    const end = () => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    client.on(
      'data',
      frames((frame) => {
        if (frame.length >= 12)
          asked.set(frame.readInt32BE(8), { api: frame.readInt16BE(4), version: frame.readInt16BE(6) });
        broker.write(frame);
      }, end),
    );
    broker.on(
      'data',
      frames((frame) => {
        if (stalled) return;
        const id = frame.length >= 8 ? frame.readInt32BE(4) : -1;
        const { api, version } = asked.get(id) ?? { api: -1, version: -1 };
        asked.delete(id);
        const own = behind(frame, host, port, /** @type {any} */ (server.address()).port);
        const answer = mutate({ frame: own, api, version });
        if (answer === undefined) {
          passed += 1;
          client.write(own);
          return;
        }
        changed.set(api, (changed.get(api) ?? 0) + 1);
        stalled = answer.after === 'stall';
        say(client, answer);
      }, end),
    );
  });
  await new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  return {
    port: /** @type {any} */ (server.address()).port,
    stats: () => ({ passed, changed: Object.fromEntries(changed) }),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve(undefined)));
    },
  };
}

/** Cuts a stream into frames; `otherwise` where it has none, as when TLS is tried. */
function frames(then, otherwise) {
  let got = Buffer.alloc(0);
  return (chunk) => {
    got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
    while (got.length >= 4) {
      const length = got.readInt32BE(0);
      if (length < 0 || length > LONGEST) return otherwise();
      if (got.length < 4 + length) return;
      const frame = got.subarray(0, 4 + length);
      got = got.subarray(4 + length);
      then(frame);
    }
  };
}

function say(client, { write = [], after, drip }) {
  const bytes = Buffer.concat(write);
  const end = () => {
    if (after === 'close') client.end();
    if (after === 'reset') client.resetAndDestroy();
  };
  if (drip === undefined) {
    client.write(bytes, end);
    return;
  }
  let at = 0;
  const timer = setInterval(() => {
    if (client.destroyed || at >= bytes.length) {
      clearInterval(timer);
      end();
      return;
    }
    client.write(bytes.subarray(at, at + drip));
    at += drip;
  }, 1);
}

/** Host and port of the broker, as Metadata and FindCoordinator tell them: text, then 32 bits. */
function behind(frame, host, port, own) {
  const text = Buffer.from(host);
  let copy;
  for (let at = frame.indexOf(text); at >= 0; at = frame.indexOf(text, at + 1)) {
    const portAt = at + text.length;
    if (portAt + 4 > frame.length || frame.readInt32BE(portAt) !== port) continue;
    copy ??= Buffer.from(frame);
    copy.writeInt32BE(own, portAt);
  }
  return copy ?? frame;
}
