/** SCRAM (RFC 5802) from the client's side: what it sends, and whether the server knows the password, too. */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { KafkaJSSASLAuthenticationError } from '../../errors/index.js';

const derive = promisify(pbkdf2);
const digests = { 'SCRAM-SHA-256': ['sha256', 32], 'SCRAM-SHA-512': ['sha512', 64] } as const;
export type ScramMechanism = keyof typeof digests;

/** Brokers ask for 4096 and more; far more would only keep this process busy. */
const ITERATIONS = { least: 4_096, most: 10_000_000 };

/** `exchange` sends a message and gives the server's. */
export async function scram(
  mechanism: ScramMechanism,
  username: string,
  password: string,
  exchange: (message: string) => Promise<string>,
): Promise<void> {
  const [digest, size] = digests[mechanism];
  const hmac = (key: Buffer, text: string) => createHmac(digest, key).update(text).digest();
  const nonce = randomBytes(18).toString('base64');
  const bare = `n=${username.replace(/=/g, '=3D').replace(/,/g, '=2C')},r=${nonce}`;
  const challenge = await exchange(`n,,${bare}`);
  const { r = '', s = '', i = '' } = fields(challenge);
  const iterations = Number(i);
  const sound = Number.isInteger(iterations) && iterations >= ITERATIONS.least && iterations <= ITERATIONS.most;
  if (!r.startsWith(nonce) || r.length === nonce.length || !sound)
    throw refused(mechanism, 'its challenge is not valid');
  const salted = await derive(password.normalize('NFKC'), Buffer.from(s, 'base64'), iterations, size, digest);
  const clientKey = hmac(salted, 'Client Key');
  const storedKey = createHash(digest).update(clientKey).digest();
  // biws: "n,,", no channel binding.
  const unproven = `c=biws,r=${r}`;
  const signed = `${bare},${challenge},${unproven}`;
  const signature = hmac(storedKey, signed);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] as number)));
  const { v = '', e } = fields(await exchange(`${unproven},p=${proof.toString('base64')}`));
  if (e !== undefined) throw refused(mechanism, e);
  const expected = hmac(hmac(salted, 'Server Key'), signed);
  const given = Buffer.from(v, 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw refused(mechanism, 'it does not know the password');
  }
}

function fields(message: string): Record<string, string | undefined> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

function refused(mechanism: string, reason: string): Error {
  return new KafkaJSSASLAuthenticationError(`SASL ${mechanism}: the broker refuses, or is none: ${reason}`);
}
