/** The settings of the fakes: the names, defaults and checks of `kafkaConfig`. No broker is looked for by them. */
import { accessSync, constants } from 'node:fs';
import type { NativeError } from '../../../index.js';
import { FIELD_NAMES, FIELDS, type FieldName, SECRET_FIELDS } from '../../kafka/config-fields.js';
import { nativeError } from './failures.js';

type Value = string | number | string[] | null;

interface Setting {
  initial: Value;
  /** What is allowed, in words. */
  allowed: string;
  /** Undefined: it cannot be used. */
  read(text: string): Value | undefined;
  /** Can be changed while clients run. */
  live?: true;
}

const whole = (initial: number | null, unit: string, least: number, most: number): Setting => ({
  initial,
  allowed: `a whole number${unit} from ${least} to ${most}`,
  read: (text) => {
    const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  },
});

const oneOf = (...choices: string[]): Setting => ({
  initial: choices[0] as string,
  allowed: `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`,
  read: (text) => choices.find((choice) => choice.toLowerCase() === text.trim().toLowerCase()),
});

const name = (initial: string): Setting => ({
  initial,
  allowed: '1 to 249 printable characters',
  read: (text) => (/^[^\p{Cc}]{1,249}$/u.test(text.trim()) ? text.trim() : undefined),
});

const line: Setting = {
  initial: null,
  allowed: 'a text without line breaks',
  read: (text) => (/[\n\r\0]/.test(text) ? undefined : text),
};

const path: Setting = {
  initial: null,
  allowed: 'the path of a readable PEM file',
  read: (text) => {
    try {
      accessSync(text, constants.R_OK);
      return text;
    } catch {
      return undefined;
    }
  },
};

const ADDRESS = /^(\[[0-9a-f:.]+\]|[^\s:[\]/,]+)(:\d{1,5})?$/i;

const brokers: Setting = {
  initial: ['localhost:29092'],
  allowed: 'host:port[,host:port…], embedded or embedded:N (1 to 9)',
  read: (text) => {
    const value = text.trim();
    if (/^embedded(:[1-9])?$/.test(value)) return [value.replace(/:1$/, '')];
    const servers = value.split(',').map((part) => part.trim());
    const fit = servers.every((server) => ADDRESS.test(server) && !/^embedded(:|$)/.test(server));
    return fit ? [...new Set(servers)] : undefined;
  },
};

const SETTINGS: Record<FieldName, Setting> = {
  brokers,
  clientId: name('edu-matrix-interlinked'),
  consumerGroup: { ...name('edu-matrix-consumers'), live: true },
  timeout: { ...whole(30_000, ' of ms', 100, 3_600_000), live: true },
  retryAttempts: { ...whole(8, '', 1, 1000), live: true },
  batchSize: whole(null, ' of bytes', 1, 2_147_483_647),
  compressionType: { ...oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'), initial: 'lz4' },
  securityProtocol: oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
  saslMechanism: oneOf('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'),
  saslUsername: line,
  saslPassword: line,
  sslCaLocation: path,
  sslCertificateLocation: path,
  sslKeyLocation: path,
  sslKeyPassword: line,
  logLevel: { ...whole(2, '', 0, 4), allowed: '0 (nothing), 1 (error), 2 (warn), 3 (info) or 4 (debug)', live: true },
};

export class FakeSettings {
  readonly #values = new Map<FieldName, Value>(FIELD_NAMES.map((field) => [field, SETTINGS[field].initial]));
  /** What is wrong with the variables. */
  readonly error: NativeError | null;

  constructor(variables: Record<string, string>) {
    this.error = this.#read(variables);
  }

  #read(variables: Record<string, string>): NativeError | null {
    for (const field of FIELD_NAMES) {
      for (const variable of FIELDS[field]) {
        const text = variables[variable];
        if (text === undefined || text.trim() === '') continue;
        const error = this.#set(field, text, variable);
        if (error !== null) return error;
      }
    }
    return null;
  }

  get<T = Value>(field: string): T {
    return (this.#values.get(field as FieldName) ?? null) as T;
  }

  /** `text` null: back to the default. `running`: clients were made with the old value. */
  set(field: string, text: string | null | undefined, running: boolean): NativeError | null {
    if (!FIELD_NAMES.includes(field as FieldName)) {
      return nativeError('KafkaConfigError', 'ERR_KAFKA_CONFIG_INVALID', `kafkaConfig has no property '${field}'`);
    }
    const known = field as FieldName;
    const variable = FIELDS[known].at(-1) as string;
    if (running && SETTINGS[known].live !== true) {
      const message = `kafkaConfig.${known} cannot be changed while clients are connected: call cleanup() first, set it, then connect again`;
      return {
        ...nativeError('KafkaConfigError', 'ERR_KAFKA_CONFIG_NOT_LIVE', message),
        details: JSON.stringify({ property: known, variable }),
      };
    }
    if (text !== null && text !== undefined) return this.#set(known, text, variable);
    this.#values.set(known, SETTINGS[known].initial);
    return null;
  }

  #set(field: FieldName, text: string, variable: string): NativeError | null {
    const { allowed, read } = SETTINGS[field];
    const value = read(text);
    if (value !== undefined) {
      this.#values.set(field, value);
      return null;
    }
    const shown = SECRET_FIELDS.includes(field) ? '********' : text.slice(0, 200);
    const message = `${variable}=${JSON.stringify(shown)} cannot be used: it must be ${allowed}`;
    const details = JSON.stringify({ variable, property: field, value: shown, allowed });
    return { ...nativeError('KafkaConfigError', 'ERR_KAFKA_CONFIG_INVALID', message), details };
  }
}
