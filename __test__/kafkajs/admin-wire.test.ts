// The few requests that librdkafka does not know are written and read by lib/kafkajs/admin/wire.

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import * as net from 'node:net';
import type { AdminClient } from '@/lib/kafkajs/admin/client';
import { Reader, Writer } from '@/lib/kafkajs/admin/wire/bytes';
import { Connection } from '@/lib/kafkajs/admin/wire/connection';
import { listReassignments } from '@/lib/kafkajs/admin/wire/reassignments';
import { scram } from '@/lib/kafkajs/admin/wire/scram';

describe.each([false, true])('bytes, flexible: %s', (flexible) => {
  test('what is written is read', () => {
    const long = 'x'.repeat(300);
    const writer = new Writer(flexible).int8(-1).bool(true).int16(-2).int32(-3).string('ä').string(null).string(long);
    writer.bytes(Buffer.from([1, 2])).bytes(null);
    writer.array([7, 8], (value) => writer.int32(value).end()).array(null, () => {});
    writer.end();
    const reader = new Reader(writer.finish(), flexible);
    expect([reader.int8(), reader.bool(), reader.int16(), reader.int32()]).toEqual([-1, true, -2, -3]);
    expect([reader.string(), reader.string(), reader.string()]).toEqual(['ä', null, long]);
    expect([reader.bytes(), reader.bytes()]).toEqual([Buffer.from([1, 2]), null]);
    const read = reader.array(() => {
      const value = reader.int32();
      reader.end();
      return value;
    });
    expect(read).toEqual([7, 8]);
    expect(reader.array(() => 0)).toEqual([]);
    reader.end();
    expect(() => reader.int8()).toThrow(RangeError);
  });

  test('an answer that claims more than it holds is a RangeError, not a long wait or much memory', () => {
    const long = flexible ? Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]) : Buffer.from([0x7f, 0xff, 0xff, 0xff]);
    expect(() => new Reader(long, flexible).array(() => 0)).toThrow(RangeError);
    expect(() => new Reader(long, flexible).bytes()).toThrow(RangeError);
    expect(() => new Reader(Buffer.alloc(1), flexible).int32()).toThrow(RangeError);
  });
});

test('int64 takes what a number cannot hold', () => {
  const written = new Writer()
    .int64(2n ** 62n + 1n)
    .int64(-2n)
    .finish();
  expect(written.toString('hex')).toBe('4000000000000001fffffffffffffffe');
});

test('tagged fields of a newer broker are passed over', () => {
  const reader = new Reader(Buffer.from([2, 0, 1, 0xaa, 1, 2, 0xbb, 0xcc, 5]), true);
  reader.end();
  expect(reader.int8()).toBe(5);
});

/** A server of SCRAM as RFC 5802 describes it. */
function server(password: string, { iterations = '4096', signature = true, nonce = 'server' } = {}) {
  const salt = Buffer.from('salty');
  const salted = pbkdf2Sync(password, salt, Math.min(Number(iterations), 4_096), 32, 'sha256');
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  let bare = '';
  let challenge = '';
  return async (message: string): Promise<string> => {
    if (challenge === '') {
      bare = message.slice('n,,'.length);
      const theirs = /r=(.*)$/.exec(bare)?.[1];
      challenge = `r=${theirs}${nonce},s=${salt.toString('base64')},i=${iterations}`;
      return challenge;
    }
    const [unproven, proof] = message.split(',p=') as [string, string];
    const signed = `${bare},${challenge},${unproven}`;
    const clientKey = hmac(salted, 'Client Key');
    const expected = hmac(createHash('sha256').update(clientKey).digest(), signed);
    const given = Buffer.from(proof, 'base64').map((byte, i) => byte ^ (expected[i] as number));
    if (!Buffer.from(given).equals(clientKey)) return 'e=invalid-proof';
    const key = signature ? hmac(salted, 'Server Key') : Buffer.alloc(32);
    return `v=${hmac(key, signed).toString('base64')}`;
  };
}

describe('SCRAM', () => {
  const login = (exchange: (message: string) => Promise<string>, user = 'al=ice,') =>
    scram('SCRAM-SHA-256', user, 'secret', exchange);

  test('both sides prove that they know the password', () => expect(login(server('secret'))).resolves.toBeUndefined());

  test('a name is escaped', async () => {
    const seen: string[] = [];
    const inner = server('secret');
    await login((message) => {
      seen.push(message);
      return inner(message);
    });
    expect(seen[0]).toMatch(/^n,,n=al=3Dice=2C,r=.{20,}$/);
    expect(seen.join()).not.toContain('secret');
  });

  test.each([
    ['another password', server('wrong'), /invalid-proof/],
    ['a server that does not know the password', server('secret', { signature: false }), /does not know the password/],
    ['a server without a nonce of its own', server('secret', { nonce: '' }), /challenge is not valid/],
    ['too few iterations', server('secret', { iterations: '1' }), /challenge is not valid/],
    ['iterations that would never end', server('secret', { iterations: '99999999999' }), /challenge is not valid/],
  ])('%s', async (_name, exchange, message) => {
    await expect(login(exchange)).rejects.toMatchObject({
      name: 'KafkaJSSASLAuthenticationError',
      message: expect.stringMatching(message),
      retriable: false,
    });
  });
});

describe('a connection', () => {
  let listener: net.Server;
  let answer: (socket: net.Socket, request: Buffer) => void;
  const sockets = new Set<net.Socket>();
  const api = { key: 3, version: 1 };

  beforeEach(async () => {
    listener = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', (request) => answer(socket, request as Buffer));
    });
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => {
      listener.close(resolve);
    });
  });

  const open = (requestMs = 30_000) => {
    const { port } = listener.address() as net.AddressInfo;
    return Connection.open({ host: '127.0.0.1', port }, false, 'me', 5_000, requestMs);
  };

  const frame = (body: Buffer) => new Writer().bytes(body).finish();

  test('an answer that comes byte by byte', async () => {
    let asked: Buffer = Buffer.alloc(0);
    answer = (socket, request) => {
      asked = request;
      for (const byte of frame(new Writer().int32(1).string('yes').finish())) socket.write(Buffer.from([byte]));
    };
    const connection = await open();
    const reader = await connection.ask(api, new Writer().int8(9));
    expect(reader.string()).toBe('yes');
    expect(asked.toString('hex')).toBe('0000000d' + '0003' + '0001' + '00000001' + '00026d65' + '09');
    connection.close();
  });

  test.each([
    ['hangs up', (socket: net.Socket) => socket.destroy(), 'KafkaJSConnectionClosedError'],
    ['says what is no frame', (socket: net.Socket) => socket.write('HTTP/1.1 400'), 'KafkaJSConnectionError'],
    ['answers another request', (socket: net.Socket) => socket.write(frame(Buffer.alloc(4))), 'KafkaJSConnectionError'],
  ])('a broker that %s', async (_name, say, error) => {
    answer = (socket) => void say(socket);
    const connection = await open();
    await expect(connection.ask(api, new Writer())).rejects.toMatchObject({ name: error, retriable: true });
    connection.close();
  });

  test('a broker that says nothing', async () => {
    answer = () => {};
    const connection = await open(50);
    await expect(connection.ask(api, new Writer())).rejects.toMatchObject({ name: 'KafkaJSRequestTimeoutError' });
    await expect(connection.ask(api, new Writer())).rejects.toMatchObject({ name: 'KafkaJSRequestTimeoutError' });
  });

  test('nobody is there', async () => {
    const { port } = listener.address() as net.AddressInfo;
    await new Promise((resolve) => {
      listener.close(resolve);
    });
    const opening = Connection.open({ host: '127.0.0.1', port }, false, 'me', 5_000, 1_000);
    await expect(opening).rejects.toMatchObject({ name: 'KafkaJSConnectionError', code: 'ECONNREFUSED' });
  });

  test('a partition that is being moved', async () => {
    const { port } = listener.address() as net.AddressInfo;
    const cluster = { config: { brokers: [] }, clientId: 'me', requestTimeout: 5_000, setupTimeout: 5_000 };
    const description = { brokers: [{ nodeId: 1, host: '127.0.0.1', port }], controller: 1 };
    const client = { cluster, ask: async () => description } as unknown as AdminClient;
    let asked: Buffer = Buffer.alloc(0);
    answer = (socket, request) => {
      asked = request;
      const body = new Writer(true).int32(1).end().int32(0).int16(0).string(null);
      const ids = (list: number[]) => body.array(list, (id) => body.int32(id));
      body.array(['t'], (topic) => {
        body.string(topic);
        body.array([4], (partition) => {
          body.int32(partition);
          for (const list of [[1, 2], [2], [1]]) ids(list);
          body.end();
        });
        body.end();
      });
      socket.write(frame(body.end().finish()));
    };
    const { topics } = await listReassignments(client, [{ topic: 't', partitions: [4] }], 1_000);
    const moving = { partitionIndex: 4, replicas: [1, 2], addingReplicas: [2], removingReplicas: [1] };
    expect(topics).toEqual([{ topic: 't', partitions: [moving] }]);
    // Key, version, correlation, client, tags; timeout, topics: name, partitions, tags; tags.
    const header = '002e' + '0000' + '00000001' + '00026d65' + '00';
    expect(asked.subarray(4).toString('hex')).toBe(
      [header, '000003e8', '02', '0274', '0200000004', '00', '00'].join(''),
    );
  });

  test('TLS to what has none', async () => {
    answer = (socket) => socket.end('no');
    const { port } = listener.address() as net.AddressInfo;
    const opening = Connection.open({ host: '127.0.0.1', port }, true, 'me', 5_000, 1_000);
    await expect(opening).rejects.toMatchObject({ name: 'KafkaJSConnectionError' });
  });
});
