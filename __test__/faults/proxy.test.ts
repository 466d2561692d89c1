// The fault proxy between a client and a server: what it does to connections is what it says.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { until } from '../support/until';

const { BrokerProxy } = require('../../tools/faults/cluster/proxy.mjs');

let server: Server;
let proxy: any;
const clients: Socket[] = [];
const taken = new Set<Socket>();

beforeEach(async () => {
  server = createServer((socket) => {
    taken.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => taken.delete(socket));
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await BrokerProxy.open();
  proxy.aim((server.address() as AddressInfo).port);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  for (const socket of taken) socket.destroy();
  server.close();
});

interface Client {
  socket: Socket;
  got: () => string;
  error: () => string | undefined;
  closed: () => boolean;
}

async function client(): Promise<Client> {
  const [host, port] = proxy.address.split(':');
  const socket = connect(Number(port), host);
  clients.push(socket);
  let text = '';
  let error: string | undefined;
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', (problem: NodeJS.ErrnoException) => {
    error = problem.code;
  });
  await new Promise((resolve) => socket.on('connect', resolve).on('close', resolve));
  return { socket, got: () => text, error: () => error, closed: () => socket.destroyed };
}

/** A request as Kafka frames it: length, api key, content. */
function request(apiKey: number, content: string): Buffer {
  const frame = Buffer.alloc(6 + content.length);
  frame.writeInt32BE(2 + content.length, 0);
  frame.writeInt16BE(apiKey, 4);
  frame.write(content, 6);
  return frame;
}

test('bytes pass both ways, and so does the end', async () => {
  const { socket, got } = await client();
  const big = request(0, 'x'.repeat(3_000_000));
  socket.write(big.subarray(0, 2));
  socket.write(big.subarray(2));
  await until('the echo', () => got().length === big.length);
  socket.end();
  await until('the end', () => proxy.connections === 0);
});

test('latency delays each direction and keeps the order', async () => {
  proxy.latency(150);
  const { socket, got } = await client();
  const begun = performance.now();
  for (let i = 0; i < 10; i++) socket.write(request(0, String(i)));
  await until('the echo', () => got().length === 70);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(295);
  expect(got().replace(/[^0-9]/g, '')).toBe('0123456789');
});

test('a reset ends every connection by RST; the next one is sound', async () => {
  const [first, second] = [await client(), await client()];
  await until('both are there', () => proxy.connections === 2);
  proxy.resetAll();
  await until('both are reset', () => first.error() === 'ECONNRESET' && second.error() === 'ECONNRESET');
  const third = await client();
  third.socket.write(request(0, 'a'));
  await until('the echo', () => third.got().length === 7);
});

test('half-open: nothing passes and nothing ends, for old and new connections; afterwards what was held comes', async () => {
  const old = await client();
  old.socket.write(request(0, 'a'));
  await until('the echo', () => old.got().length === 7);
  proxy.halfOpen();
  const fresh = await client();
  old.socket.write(request(0, 'b'));
  fresh.socket.write(request(0, 'c'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([old.got().length, fresh.got().length, old.closed(), fresh.closed()]).toEqual([7, 0, false, false]);
  await proxy.normal();
  await until('what was held', () => old.got().length === 14 && fresh.got().length === 7);
});

test('half-open: a server that goes away is only noticed afterwards', async () => {
  const { got, closed } = await client();
  await until('it is there', () => taken.size === 1);
  proxy.halfOpen();
  for (const socket of taken) socket.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([got(), closed()]).toEqual(['', false]);
  await proxy.normal();
  await until('the reset', closed);
});

test('refuse: connections are reset, new ones refused, until all is normal again at the same address', async () => {
  const { address } = proxy;
  const before = await client();
  await proxy.refuse();
  await until('the reset', () => before.error() === 'ECONNRESET');
  expect((await client()).error()).toBe('ECONNREFUSED');
  await proxy.normal();
  expect(proxy.address).toBe(address);
  const after = await client();
  after.socket.write(request(0, 'a'));
  await until('the echo', () => after.got().length === 7);
});

test('swallow: requests of one kind are lost on the connections of now, others pass', async () => {
  const old = await client();
  await until('it is there', () => proxy.connections === 1);
  proxy.swallow(1);
  const mixed = Buffer.concat([request(1, 'fetch'), request(12, 'beat'), request(1, 'fetch'), request(3, 'meta')]);
  // In pieces that do not end where frames end.
  for (let at = 0; at < mixed.length; at += 5) old.socket.write(mixed.subarray(at, at + 5));
  await until('the others', () => old.got().includes('meta'));
  expect(old.got()).toContain('beat');
  expect(old.got()).not.toContain('fetch');
  const fresh = await client();
  fresh.socket.write(request(1, 'fetch'));
  await until('it passes', () => fresh.got().includes('fetch'));
});
