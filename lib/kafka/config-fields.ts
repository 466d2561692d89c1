/** Names of the variables and of the properties of `kafkaConfig`; checks and defaults are in core/src/config.rs. */
export const FIELDS = {
  brokers: ['KAFKA_BROKERS', 'KAFKA_BROKER'],
  clientId: ['KAFKA_CLIENT_ID'],
  consumerGroup: ['KAFKA_CONSUMER_GROUP'],
  timeout: ['KAFKA_TIMEOUT'],
  retryAttempts: ['KAFKA_RETRY_ATTEMPTS'],
  batchSize: ['KAFKA_BATCH_SIZE'],
  compressionType: ['KAFKA_COMPRESSION_TYPE'],
  securityProtocol: ['KAFKA_SECURITY_PROTOCOL'],
  saslMechanism: ['KAFKA_SASL_MECHANISM'],
  saslUsername: ['KAFKA_SASL_USERNAME'],
  saslPassword: ['KAFKA_SASL_PASSWORD'],
  sslCaLocation: ['KAFKA_SSL_CA_LOCATION'],
  sslCertificateLocation: ['KAFKA_SSL_CERTIFICATE_LOCATION'],
  sslKeyLocation: ['KAFKA_SSL_KEY_LOCATION'],
  sslKeyPassword: ['KAFKA_SSL_KEY_PASSWORD'],
  logLevel: ['KAFKA_LOG_LEVEL'],
} as const;

export type FieldName = keyof typeof FIELDS;

export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];
export const FIELD_VARIABLES: readonly string[] = Object.values(FIELDS).flat();
/** Never shown. */
export const SECRET_FIELDS: readonly FieldName[] = ['saslPassword', 'sslKeyPassword'];
