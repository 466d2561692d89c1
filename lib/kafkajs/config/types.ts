/** The configuration of KafkaJS's `new Kafka(config)`. */
import type * as net from 'node:net';
import type * as tls from 'node:tls';
import type { logLevel } from '../enums/index.js';
import type { Logger, logCreator } from '../logger.js';

export type BrokersFunction = () => string[] | Promise<string[]>;

export interface RetryOptions {
  /** Longest wait between two attempts, ms. Default: 30000. */
  maxRetryTime?: number;
  /** First wait, ms. Default: 300. */
  initialRetryTime?: number;
  /** Share by which waits vary. Default: 0.2. */
  factor?: number;
  /** Each wait is that many times the one before. Default: 2. */
  multiplier?: number;
  /** Attempts after the first. Default: 5. */
  retries?: number;
  /** Of consumers: whether to start again after what was not retriable. */
  restartOnFailure?: (e: Error) => Promise<boolean>;
}

export interface OauthbearerProviderResponse {
  value: string;
}

export type SASLMechanismOptionsMap = {
  plain: { username: string; password: string };
  'scram-sha-256': { username: string; password: string };
  'scram-sha-512': { username: string; password: string };
  aws: {
    authorizationIdentity: string;
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken?: string;
  };
  oauthbearer: { oauthBearerProvider: () => Promise<OauthbearerProviderResponse> };
};

export type SASLMechanism = keyof SASLMechanismOptionsMap;
export type SASLMechanismOptions<T> = T extends SASLMechanism ? { mechanism: T } & SASLMechanismOptionsMap[T] : never;
export type SASLOptions = SASLMechanismOptions<SASLMechanism>;

export type SaslAuthenticationRequest = { encode: () => Buffer | Promise<Buffer> };
export type SaslAuthenticationResponse<ParseResult> = {
  decode: (rawResponse: Buffer) => Buffer | Promise<Buffer>;
  parse: (data: Buffer) => ParseResult;
};

export type Authenticator = { authenticate: () => Promise<void> };

export type SaslAuthenticateArgs<ParseResult> = {
  request: SaslAuthenticationRequest;
  response?: SaslAuthenticationResponse<ParseResult>;
};

export type AuthenticationProviderArgs = {
  host: string;
  port: number;
  logger: Logger;
  // biome-ignore lint/suspicious/noConfusingVoidType: the type that programs of KafkaJS are written against
  saslAuthenticate: <ParseResult>(args: SaslAuthenticateArgs<ParseResult>) => Promise<ParseResult | void>;
};

/** A mechanism of the application's own: declared for programs that name the type, refused when it is used. */
export type Mechanism = {
  mechanism: string;
  authenticationProvider: (args: AuthenticationProviderArgs) => Authenticator;
};

export interface ISocketFactoryArgs {
  host: string;
  port: number;
  ssl: tls.ConnectionOptions;
  onConnect: () => void;
}

export type ISocketFactory = (args: ISocketFactoryArgs) => net.Socket;

export interface KafkaConfig {
  /** `host:port` addresses, or a function that gives them at each connect. `embedded` is the in-process broker. */
  brokers: string[] | BrokersFunction;
  ssl?: tls.ConnectionOptions | boolean;
  sasl?: SASLOptions | Mechanism;
  /** Default: kafkajs. */
  clientId?: string;
  /** ms. Default: 1000. */
  connectionTimeout?: number;
  /** ms. Default: 10000. It is added to connectionTimeout: librdkafka bounds both together. */
  authenticationTimeout?: number;
  reauthenticationThreshold?: number;
  /** ms. Default: 30000. */
  requestTimeout?: number;
  enforceRequestTimeout?: boolean;
  retry?: RetryOptions;
  socketFactory?: ISocketFactory;
  /** Default: INFO. */
  logLevel?: logLevel;
  logCreator?: logCreator;
}
