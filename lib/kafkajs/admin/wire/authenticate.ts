/** SASL on a connection of wire/: the mechanisms of the surface, with the settings that the other clients have. */
import { saslSettings } from '../../config/sasl.js';
import type { KafkaConfig } from '../../config/types.js';
import { protocolErrorOf } from '../../errors/codes.js';
import { KafkaJSSASLAuthenticationError } from '../../errors/index.js';
import { Writer } from './bytes.js';
import type { Connection } from './connection.js';
import { type ScramMechanism, scram } from './scram.js';

const HANDSHAKE = { key: 17, version: 1 };
const AUTHENTICATE = { key: 36, version: 1 };

export async function authenticate(connection: Connection, sasl: NonNullable<KafkaConfig['sasl']>): Promise<void> {
  const { variables, oauthBearerProvider } = saslSettings(sasl);
  const mechanism = variables.KAFKA_SASL_MECHANISM as string;
  const [username = '', password = ''] = [variables.KAFKA_SASL_USERNAME, variables.KAFKA_SASL_PASSWORD];
  const answer = await connection.ask(HANDSHAKE, new Writer().string(mechanism));
  const code = answer.int16();
  if (code !== 0) throw new KafkaJSSASLAuthenticationError(protocolErrorOf(code).message);
  const exchange = (message: string) => send(connection, message);
  if (mechanism === 'PLAIN') await exchange(`\0${username}\0${password}`);
  else if (oauthBearerProvider !== undefined) {
    const { value } = await oauthBearerProvider();
    // RFC 7628: header, authorization, end.
    await exchange(`n,,\x01auth=Bearer ${value}\x01\x01`);
  } else await scram(mechanism as ScramMechanism, username, password, exchange);
}

async function send(connection: Connection, message: string): Promise<string> {
  const answer = await connection.ask(AUTHENTICATE, new Writer().bytes(Buffer.from(message, 'utf8')));
  const code = answer.int16();
  const reason = answer.string();
  if (code !== 0) throw new KafkaJSSASLAuthenticationError(reason ?? protocolErrorOf(code).message);
  return (answer.bytes() ?? Buffer.alloc(0)).toString('utf8');
}
