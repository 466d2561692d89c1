/** A connection to one broker for one request that librdkafka does not know: opened for it, closed after it. */
import * as net from 'node:net';
import * as tls from 'node:tls';
import type { KafkaConfig } from '../../config/types.js';
import {
  KafkaJSConnectionClosedError,
  KafkaJSConnectionError,
  KafkaJSRequestTimeoutError,
} from '../../errors/index.js';
import { Reader, Writer } from './bytes.js';

export interface Address {
  host: string;
  port: number;
}

export interface Api {
  key: number;
  version: number;
  /** Whether this version has the newer encoding, in header and body. */
  flexible?: boolean;
}

/** Larger answers are none. */
const MOST_BYTES = 64 * 1024 * 1024;

const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

interface Waiter {
  resolve(answer: Buffer): void;
  reject(reason: Error): void;
}

export class Connection {
  readonly #socket: net.Socket;
  readonly #address: Address;
  readonly #clientId: string;
  readonly #timeout: number;
  #received = Buffer.alloc(0);
  #waiter: Waiter | undefined;
  #failure: Error | undefined;
  #correlationId = 0;

  private constructor(socket: net.Socket, address: Address, clientId: string, timeout: number) {
    this.#socket = socket;
    this.#address = address;
    this.#clientId = clientId;
    this.#timeout = timeout;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(connectionError(address, error)));
    socket.on('close', () => this.#fail(new KafkaJSConnectionClosedError('Closed connection', address)));
  }

  /**
   * @param ssl Node's options of a TLS connection, or whether there is one
   * @param connectMs bound of the connect, TLS included
   * @param requestMs bound of each answer
   */
  static async open(
    address: Address,
    ssl: KafkaConfig['ssl'],
    clientId: string,
    connectMs: number,
    requestMs: number,
  ): Promise<Connection> {
    const socket = await connected(address, ssl, connectMs);
    return new Connection(socket, address, clientId, requestMs);
  }

  /** The answer's body. One request at a time. */
  async ask({ key, version, flexible = false }: Api, body: Writer, timeout = this.#timeout): Promise<Reader> {
    this.#correlationId += 1;
    const header = new Writer().int16(key).int16(version).int32(this.#correlationId).string(this.#clientId);
    // A tag section ends the newer header; its client id is encoded as in the older one.
    if (flexible) header.int8(0);
    const frame = Buffer.concat([header.finish(), body.finish()]);
    const answer = await this.#exchange(frame, timeout);
    const reader = new Reader(answer, flexible);
    if (reader.int32() !== this.#correlationId) {
      this.close();
      throw new KafkaJSConnectionError('the broker answered another request', { broker: nameOf(this.#address) });
    }
    reader.end();
    return reader;
  }

  close(): void {
    this.#socket.destroy();
  }

  #exchange(frame: Buffer, timeout: number): Promise<Buffer> {
    return new Promise<Buffer>((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const broker = nameOf(this.#address);
      const timer = startTimer(() => {
        this.#fail(new KafkaJSRequestTimeoutError('Request timed out', { broker, clientId: this.#clientId }));
        this.close();
      }, timeout);
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          stopTimer(timer);
          this.#waiter = undefined;
          settle(value);
        };
      this.#waiter = { resolve: settled(resolve), reject: settled(reject) };
      const size = Buffer.alloc(4);
      size.writeInt32BE(frame.length);
      this.#socket.write(Buffer.concat([size, frame]));
    });
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.#received.length < 4) return;
    const size = this.#received.readInt32BE();
    if (size < 4 || size > MOST_BYTES) {
      this.#fail(new KafkaJSConnectionError('this is no answer of Kafka', { broker: nameOf(this.#address) }));
      this.close();
      return;
    }
    if (this.#received.length < 4 + size) return;
    const answer = this.#received.subarray(4, 4 + size);
    this.#received = this.#received.subarray(4 + size);
    this.#waiter?.resolve(answer);
  }

  #fail(reason: Error): void {
    this.#failure ??= reason;
    this.#waiter?.reject(reason);
  }
}

const nameOf = ({ host, port }: Address): string => `${host}:${port}`;

function connectionError(address: Address, { message, code }: NodeJS.ErrnoException): KafkaJSConnectionError {
  return new KafkaJSConnectionError(`Connection error: ${message}`, { broker: nameOf(address), code });
}

function connected(address: Address, ssl: KafkaConfig['ssl'], bound: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const { host, port } = address;
    const options = typeof ssl === 'object' && ssl !== null ? ssl : {};
    // An address has no name to ask for.
    const servername = options.servername ?? (net.isIP(host) === 0 ? host : '');
    const socket = ssl ? tls.connect({ ...options, host, port, servername }) : net.connect({ host, port });
    const failed = (error: NodeJS.ErrnoException): void => {
      stopTimer(timer);
      socket.destroy();
      reject(connectionError(address, error));
    };
    const timer = startTimer(() => failed(new Error(`no connection within ${bound} ms`)), bound);
    socket.once('error', failed);
    socket.once(ssl ? 'secureConnect' : 'connect', () => {
      stopTimer(timer);
      socket.off('error', failed);
      resolve(socket);
    });
  });
}
