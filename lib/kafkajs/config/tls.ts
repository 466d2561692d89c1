/** KafkaJS's `ssl`, which is Node's options of a TLS connection, as properties of librdkafka. */
import * as tls from 'node:tls';
import { KafkaJSNonRetriableError, KafkaJSNotImplemented } from '../errors/index.js';

type Pem = string | Buffer | { pem: string | Buffer; passphrase?: string };

/** Options that have a property of their own; the others are refused, not ignored. */
const PASSED: Record<string, string> = {
  ciphers: 'ssl.cipher.suites',
  ecdhCurve: 'ssl.curves.list',
  sigalgs: 'ssl.sigalgs.list',
  passphrase: 'ssl.key.password',
  // Of our own (tools/librdkafka/patches/).
  servername: 'ssl.endpoint.name',
};

/** Read below, or without meaning for an outgoing connection that librdkafka makes. */
const KNOWN = new Set([...Object.keys(PASSED), 'ca', 'cert', 'key', 'rejectUnauthorized', 'host', 'port']);

/** The authorities that Node trusts, so that the same brokers are trusted as with KafkaJS, whatever the system has. */
function trustedByNode(): string {
  const { getCACertificates } = tls as unknown as { getCACertificates?: (type: string) => string[] };
  return (getCACertificates?.('default') ?? tls.rootCertificates).join('\n');
}

export function tlsProperties(ssl: tls.ConnectionOptions | boolean): Record<string, string> {
  if (ssl === true) return { 'ssl.ca.pem': trustedByNode() };
  if (typeof ssl !== 'object' || ssl === null) {
    throw new KafkaJSNonRetriableError(`ssl must be true, false or an object of TLS options, not ${typeof ssl}`);
  }
  const options = ssl as Record<string, unknown>;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || KNOWN.has(name)) continue;
    throw new KafkaJSNotImplemented(
      `ssl.${name} cannot be given to librdkafka, which makes the connections: use ca, cert, key (PEM), passphrase, ` +
        `rejectUnauthorized, servername, ciphers, ecdhCurve or sigalgs`,
    );
  }
  const properties: Record<string, string> = { 'ssl.ca.pem': pemOf(options.ca, 'ca') ?? trustedByNode() };
  const cert = pemOf(options.cert, 'cert');
  const key = pemOf(options.key, 'key');
  if (cert !== undefined) properties['ssl.certificate.pem'] = cert;
  if (key !== undefined) properties['ssl.key.pem'] = key;
  const within = (Array.isArray(options.key) ? options.key[0] : options.key) as { passphrase?: string } | undefined;
  if (typeof within?.passphrase === 'string') properties['ssl.key.password'] = within.passphrase;
  for (const [name, property] of Object.entries(PASSED)) {
    if (options[name] !== undefined && options[name] !== '') properties[property] = String(options[name]);
  }
  if (options.rejectUnauthorized === false) {
    properties['enable.ssl.certificate.verification'] = 'false';
    properties['ssl.endpoint.identification.algorithm'] = 'none';
  }
  return properties;
}

function pemOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const list = (Array.isArray(value) ? value : [value]) as Pem[];
  const texts = list.map((each) => {
    const pem = typeof each === 'object' && !Buffer.isBuffer(each) && 'pem' in each ? each.pem : each;
    if (typeof pem === 'string') return pem;
    if ((pem as unknown) instanceof Uint8Array) return Buffer.from(pem as Uint8Array).toString('utf8');
    throw new KafkaJSNonRetriableError(`ssl.${name} must be PEM, a string or a Buffer, not ${typeof pem}`);
  });
  return texts.join('\n');
}
