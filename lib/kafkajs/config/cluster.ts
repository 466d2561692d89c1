/** One cluster as `new Kafka(config)` describes it; clients take their contexts from it. */
import { Context } from '../../kafka/context.js';
import { KafkaJSNotImplemented } from '../errors/index.js';
import { createLogger, type Logger } from '../logger.js';
import { brokersOf } from './brokers.js';
import { durationOf } from './numeric.js';
import { assertText, settingRefused } from './refusals.js';
import { type Retry, retryOf, totalWaitMs } from './retry.js';
import { assertSupported, saslSettings } from './sasl.js';
import { tlsProperties } from './tls.js';
import type { KafkaConfig, RetryOptions } from './types.js';

/** ms between two looks at whether a broker answers (core/src/connection.rs). */
const ATTEMPT_MS = 550;

/** librdkafka's limit of a request's time. */
const MOST_MS = 300_000;

const within = (value: number, least: number, most: number): number =>
  Math.min(Math.max(Math.round(value), least), most);

export class Cluster {
  readonly logger: Logger;
  readonly clientId: string;
  /** ms. */
  readonly requestTimeout: number;
  readonly #config: KafkaConfig;

  constructor(config: KafkaConfig) {
    const { socketFactory, sasl, clientId, requestTimeout, logLevel, logCreator, reauthenticationThreshold } = config;
    if (socketFactory != null) {
      throw new KafkaJSNotImplemented(
        'socketFactory: connections are made by librdkafka. For a proxy give its address as broker and have the brokers ' +
          'advertise it',
      );
    }
    assertSupported(sasl);
    this.#config = config;
    this.logger = createLogger(logLevel, logCreator);
    this.clientId = clientId ?? 'kafkajs';
    this.requestTimeout = durationOf(requestTimeout, 30_000);
    if (reauthenticationThreshold !== undefined) {
      this.logger.warn('reauthenticationThreshold has no effect: sessions are renewed before their end by themselves');
    }
  }

  /** As it was given. */
  get config(): Readonly<KafkaConfig> {
    return this.#config;
  }

  /** ms that an answer is waited for at most, without enforceRequestTimeout, too. */
  get answerTimeout(): number {
    const { enforceRequestTimeout = true } = this.#config;
    return within(enforceRequestTimeout ? this.requestTimeout : MOST_MS, 10, MOST_MS);
  }

  /** Options of the cluster, then those of the client. */
  retry(own?: RetryOptions): Retry {
    return retryOf(this.#config.retry, own);
  }

  /**
   * Settings for one client, of its own. Rejects with KafkaJS's errors for brokers, ssl or sasl that cannot be used.
   *
   * @param properties properties of librdkafka; they win
   * @param reuse a context of a client that is disconnected: the addresses are asked for again
   */
  async context(retry: Retry, properties: Record<string, string> = {}, reuse?: Context): Promise<Context> {
    assertText(this.clientId, 'clientId');
    const brokers = await brokersOf(this.#config.brokers);
    const { ssl, sasl } = this.#config;
    const settings = sasl == null ? { variables: {} } : saslSettings(sasl);
    const all = {
      ...this.#timeouts(),
      ...(ssl ? tlsProperties(ssl) : {}),
      ...properties,
    };
    try {
      const context = reuse ?? new Context(this.#variables(brokers, settings.variables, retry));
      context.assertUsable();
      context.oauthBearerProvider = settings.oauthBearerProvider;
      const { native } = context;
      const outcomes = [
        native.set('brokers', brokers.join(',')),
        // The bound of a connect; `connected` sets that of requests.
        native.set('timeout', String(this.#connectMs(retry))),
        native.setLibrdkafka(all),
      ];
      const error = outcomes.find((outcome) => outcome != null);
      if (error != null) throw settingRefused(error);
      return context;
    } catch (error) {
      throw settingRefused(error);
    }
  }

  /** To be called when the client has connected: from now on requests are bounded by requestTimeout. */
  connected(context: Context): void {
    context.native.set('timeout', String(within(this.requestTimeout, 100, 3_600_000)));
  }

  #variables(brokers: string[], sasl: Record<string, string>, retry: Retry): Record<string, string> {
    const { ssl } = this.#config;
    const secured = 'KAFKA_SASL_MECHANISM' in sasl;
    return {
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_CLIENT_ID: this.clientId,
      // As many looks as fit into the waits of KafkaJS's attempts.
      KAFKA_RETRY_ATTEMPTS: String(within(Math.max(retry.retries, totalWaitMs(retry) / ATTEMPT_MS) + 1, 1, 1000)),
      KAFKA_SECURITY_PROTOCOL: `${secured ? 'SASL_' : ''}${ssl ? 'SSL' : 'PLAINTEXT'}`,
      KAFKA_COMPRESSION_TYPE: 'none',
      // What is worth telling comes as an error or an event, and goes to the application's own logger.
      KAFKA_LOG_LEVEL: '0',
      ...sasl,
    };
  }

  /** ms for a connection until it can be used: connect, TLS and authentication. */
  get setupTimeout(): number {
    const { connectionTimeout, authenticationTimeout } = this.#config;
    return within(durationOf(connectionTimeout, 1_000) + durationOf(authenticationTimeout, 10_000), 1_000, 600_000);
  }

  #timeouts(): Record<string, string> {
    return {
      'socket.timeout.ms': String(this.answerTimeout),
      'socket.connection.setup.timeout.ms': String(this.setupTimeout),
    };
  }

  /** ms that KafkaJS would spend until it gives a connect up: every attempt and every wait. */
  #connectMs(retry: Retry): number {
    const connectionTimeout = durationOf(this.#config.connectionTimeout, 1_000);
    const attempts = Math.min(retry.retries, 1000) + 1;
    return within(attempts * connectionTimeout + totalWaitMs(retry), 1_000, 3_600_000);
  }
}
