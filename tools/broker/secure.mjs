// The listeners of test brokers that ask who is there: SASL and TLS, with their server settings.

const SASL = 'org.apache.kafka.common.security';

/**
 * @param {('SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL' | 'MTLS')[]} names
 * @param {number[]} ports
 * @param {Record<string, string>} users
 * @param {import('./certificates.mjs').TlsFiles | undefined} tls
 * @returns {{ listeners: import('./properties.mjs').Listener[], properties: Record<string, string>, scram: string[] }}
 */
export function secureListeners(names, ports, users, tls) {
  /** @type {Record<string, string>} */
  const properties = {};
  const listeners = names.map((name, index) => {
    const protocol = name === 'MTLS' ? 'SSL' : name;
    if (protocol.startsWith('SASL')) Object.assign(properties, saslOf(name, users));
    return { name, protocol, host: '127.0.0.1', port: ports[index] };
  });
  const sasl = names.some((name) => name.startsWith('SASL'));
  if (sasl) properties['sasl.enabled.mechanisms'] = 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER';
  if (tls) {
    Object.assign(properties, {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': tls.serverPem,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': tls.ca,
      'ssl.principal.mapping.rules': 'RULE:^CN=(.*?)(,.*)?$/$1/',
    });
    if (names.includes('MTLS')) properties['listener.name.mtls.ssl.client.auth'] = 'required';
  }
  const scram = Object.entries(users).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism) => `${mechanism}=[name=${name},password=${password}]`),
  );
  return { listeners, properties, scram: sasl ? scram : [] };
}

/** @param {Record<string, string>} users */
function saslOf(name, users) {
  const prefix = `listener.name.${name.toLowerCase()}`;
  const plain = Object.entries(users).map(([user, password]) => `user_${user}="${password}"`);
  return {
    [`${prefix}.plain.sasl.jaas.config`]: `${SASL}.plain.PlainLoginModule required ${plain.join(' ')};`,
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: `${SASL}.scram.ScramLoginModule required;`,
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: `${SASL}.scram.ScramLoginModule required;`,
    // Kafka's own validator of unsigned tokens: for tests only.
    [`${prefix}.oauthbearer.sasl.jaas.config`]: `${SASL}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  };
}
