/** KafkaJS's `sasl` as the settings of a context. */
import type { OauthBearerProvider } from '../../kafka/events.js';
import { KafkaJSNonRetriableError, KafkaJSNotImplemented, KafkaJSSASLAuthenticationError } from '../errors/index.js';
import type { KafkaConfig } from './types.js';

export interface SaslSettings {
  variables: Record<string, string>;
  oauthBearerProvider?: OauthBearerProvider;
}

const WITH_PASSWORD: Record<string, string> = {
  PLAIN: 'SASL Plain',
  'SCRAM-SHA-256': 'SASL SCRAM SHA256 authentication',
  'SCRAM-SHA-512': 'SASL SCRAM SHA512 authentication',
};

/** What can be told before any broker is asked: at `new Kafka`. */
export function assertSupported(sasl: KafkaConfig['sasl']): void {
  if (sasl === undefined || sasl === null) return;
  const { mechanism } = sasl;
  if (typeof mechanism !== 'string') {
    throw new KafkaJSNonRetriableError('sasl.mechanism must be a string such as "plain" or "scram-sha-256"');
  }
  if ('authenticationProvider' in sasl && sasl.authenticationProvider !== undefined) {
    throw new KafkaJSNotImplemented(
      `sasl.authenticationProvider (mechanism "${mechanism}"): authentication is librdkafka's. Use plain, scram-sha-256, ` +
        'scram-sha-512, or oauthbearer with an oauthBearerProvider',
    );
  }
  const name = mechanism.toUpperCase();
  if (name === 'AWS') {
    throw new KafkaJSNotImplemented(
      'sasl.mechanism "aws": use oauthbearer with an oauthBearerProvider that signs, for Amazon MSK the generateAuthToken ' +
        'of the package aws-msk-iam-sasl-signer-js: oauthBearerProvider: async () => ({ value: (await ' +
        'generateAuthToken({ region })).token })',
    );
  }
  if (!(name in WITH_PASSWORD) && name !== 'OAUTHBEARER') {
    throw new KafkaJSNotImplemented(
      `sasl.mechanism "${mechanism}": use plain, scram-sha-256, scram-sha-512 or oauthbearer`,
    );
  }
}

/** Throws what KafkaJS tells when it authenticates. */
export function saslSettings(sasl: NonNullable<KafkaConfig['sasl']>): SaslSettings {
  assertSupported(sasl);
  const mechanism = sasl.mechanism.toUpperCase();
  const variables = { KAFKA_SASL_MECHANISM: mechanism };
  if (mechanism === 'OAUTHBEARER') {
    const { oauthBearerProvider } = sasl as { oauthBearerProvider?: unknown };
    if (typeof oauthBearerProvider !== 'function') {
      throw new KafkaJSSASLAuthenticationError('SASL OAUTHBEARER: OAuth bearer token provider is missing');
    }
    return { variables, oauthBearerProvider: () => token(oauthBearerProvider as () => unknown) };
  }
  const { username, password } = sasl as { username?: unknown; password?: unknown };
  if (typeof username !== 'string' || typeof password !== 'string' || username === '' || password === '') {
    throw new KafkaJSSASLAuthenticationError(`${WITH_PASSWORD[mechanism]}: Invalid username or password`);
  }
  return { variables: { ...variables, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } };
}

/** KafkaJS's provider tells the token only; librdkafka wants to know whose it is and when it ends. */
async function token(provider: () => unknown): Promise<{ value: string; principal?: string; expiresAt?: number }> {
  const given = (await provider()) as { value?: unknown; extensions?: object } | undefined;
  const value = given?.value;
  if (typeof value !== 'string' || value === '') {
    throw new KafkaJSSASLAuthenticationError('SASL OAUTHBEARER: Invalid OAuth bearer token');
  }
  if (given?.extensions !== undefined && Object.keys(given.extensions).length > 0) {
    throw new KafkaJSNotImplemented('extensions of an OAuth bearer token are not passed on; put them into the token');
  }
  return { value, ...claims(value) };
}

/** Of a JSON Web Token: subject and end. Other tokens tell nothing, and are asked for again after an hour. */
function claims(value: string): { principal?: string; expiresAt?: number } {
  try {
    const body = JSON.parse(Buffer.from(value.split('.')[1] as string, 'base64url').toString('utf8')) as {
      sub?: unknown;
      exp?: unknown;
    };
    return {
      ...(typeof body.sub === 'string' && body.sub !== '' ? { principal: body.sub } : {}),
      ...(typeof body.exp === 'number' ? { expiresAt: body.exp * 1000 } : {}),
    };
  } catch {
    return {};
  }
}
