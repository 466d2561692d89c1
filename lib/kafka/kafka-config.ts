/**
 * `kafkaConfig`: the settings, read from the environment at first use and checked by the core. Setting a property takes
 * effect on clients that run where that is possible (timeout, retryAttempts, consumerGroup, logLevel) and throws
 * KafkaConfigError `ERR_KAFKA_CONFIG_NOT_LIVE` where it is not.
 */
import { inspect } from 'node:util';
import { FIELD_NAMES, FIELDS, type FieldName, SECRET_FIELDS } from './config-fields.js';
import { type Context, sharedContext, singleton } from './context.js';
import { check, KafkaConfigError, show, tell } from './errors.js';
import type { OauthBearerProvider } from './events.js';

export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';

export interface KafkaConfigValues {
  /** `host:port`, or `embedded`, or `embedded:3`. Default `localhost:29092`. */
  brokers: string[];
  clientId: string;
  /** Default group of `startConsumer`. */
  consumerGroup: string;
  /** ms, bound of every request, connect, admin call and shutdown. Default 30000. */
  timeout: number;
  /** Attempts of a connect, an admin call and a failing handler. Default 8. */
  retryAttempts: number;
  /** bytes of a producer batch; null: librdkafka's default. */
  batchSize: number | null;
  compressionType: CompressionType;
  securityProtocol: SecurityProtocol;
  saslMechanism: SaslMechanism;
  saslUsername: string | null;
  saslPassword: string | null;
  sslCaLocation: string | null;
  sslCertificateLocation: string | null;
  sslKeyLocation: string | null;
  sslKeyPassword: string | null;
  /** 0 nothing, 1 error, 2 warn, 3 info, 4 debug. Default 2. */
  logLevel: number;
}

/** librdkafka properties by name; they win over everything else. */
export type LibrdkafkaProperties = Record<string, string | number | boolean>;

/** Properties of librdkafka that carry a secret (core/src/config.rs, `is_secret_property`). */
const SECRET_PROPERTY = /password|passphrase|secret|\.pem$|oauthbearer\.config/;

/** An array that only claims its length must not fill the memory. */
const MOST_BROKERS = 10_000;

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

/** Reads an object of the caller, whose getters and traps are code that may throw anything. */
function readable<T>(property: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof KafkaConfigError) throw cause;
    throw new KafkaConfigError('ERR_KAFKA_CONFIG_INVALID', `kafkaConfig.${property} cannot be read: ${tell(cause)}`, {
      cause,
      details: { property },
    });
  }
}

/** Properties as they were at one moment, checked by their types. */
function copied(properties: unknown): LibrdkafkaProperties {
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    throw new KafkaConfigError(
      'ERR_KAFKA_CONFIG_INVALID',
      // Only the type: a text might hold a password.
      `kafkaConfig.librdkafka must be an object of librdkafka properties, not ${kindOf(properties)}`,
    );
  }
  const entries = Object.entries(properties);
  for (const [name, value] of entries) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new KafkaConfigError(
        'ERR_KAFKA_CONFIG_INVALID',
        `librdkafka property ${name} must be a string, number or boolean, not ${kindOf(value)}`,
        { details: { property: name } },
      );
    }
  }
  // Not assigned one by one: a property may be called __proto__.
  return Object.fromEntries(entries);
}

export interface KafkaConfig extends KafkaConfigValues {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the accessors are defined from FIELDS below
export class KafkaConfig {
  #librdkafka: Readonly<LibrdkafkaProperties> = Object.freeze({});
  readonly #context: () => Context;

  constructor(context: () => Context = sharedContext) {
    this.#context = context;
    for (const name of FIELD_NAMES) {
      Object.defineProperty(this, name, {
        enumerable: !SECRET_FIELDS.includes(name),
        get: () => this.#get(name),
        set: (value: unknown) => this.#set(name, value),
      });
    }
    Object.seal(this);
  }

  /** Any librdkafka property (CONFIGURATION.md of librdkafka). A frozen copy: set the whole object to change it. */
  get librdkafka(): Readonly<LibrdkafkaProperties> {
    return this.#librdkafka;
  }

  set librdkafka(properties: LibrdkafkaProperties) {
    const own = readable('librdkafka', () => copied(properties));
    const texts = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, String(value)]));
    check(this.#context().native.setLibrdkafka(texts));
    this.#librdkafka = Object.freeze(own);
  }

  /** Called when SASL OAUTHBEARER needs a token, at connect and before one expires. */
  get oauthBearerProvider(): OauthBearerProvider | undefined {
    return this.#context().oauthBearerProvider;
  }

  set oauthBearerProvider(provider: OauthBearerProvider | undefined) {
    if (provider !== undefined && typeof provider !== 'function') {
      throw new KafkaConfigError(
        'ERR_KAFKA_CONFIG_INVALID',
        `kafkaConfig.oauthBearerProvider must be a function, not ${show(provider)}`,
      );
    }
    this.#context().oauthBearerProvider = provider;
  }

  /** All values with secrets masked. */
  toJSON(): Record<string, unknown> {
    const shown: Record<string, unknown> = {};
    for (const name of FIELD_NAMES) {
      const value = this.#get(name);
      shown[name] = SECRET_FIELDS.includes(name) && value !== null ? '********' : value;
    }
    const properties = Object.entries(this.#librdkafka).map(([name, value]) => [
      name,
      SECRET_PROPERTY.test(name) ? '********' : value,
    ]);
    shown.librdkafka = Object.fromEntries(properties);
    return shown;
  }

  [inspect.custom](): unknown {
    return this.toJSON();
  }

  #get(name: FieldName): unknown {
    const context = this.#context();
    context.assertUsable();
    return JSON.parse(context.native.get(name));
  }

  #set(name: FieldName, value: unknown): void {
    const native = this.#context().native;
    if (value === null || value === undefined) {
      check(native.set(name, null));
      return;
    }
    const text = readable(name, () => textOf(name, value));
    check(native.set(name, text));
  }
}

/** What the core checks. A list of brokers is read once, by index: iterators and getters are the caller's code. */
function textOf(name: FieldName, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (name === 'brokers' && Array.isArray(value) && value.length <= MOST_BROKERS) {
    const list = Array.from({ length: value.length }, (_, i) => value[i] as unknown);
    if (list.every((item) => typeof item === 'string')) return list.join(',');
  }
  throw new KafkaConfigError(
    'ERR_KAFKA_CONFIG_INVALID',
    `kafkaConfig.${name} must be a string or a number, not ${SECRET_FIELDS.includes(name) ? kindOf(value) : show(value)} (${FIELDS[name].join(', ')})`,
    { details: { property: name, variable: FIELDS[name].at(-1) } },
  );
}

export const kafkaConfig: KafkaConfig = singleton('config', () => new KafkaConfig());
