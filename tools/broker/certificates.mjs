// Certificates for test brokers, by the openssl command: a CA, a server, a client, and a stranger's CA
// with a client of its own that the broker must refuse. They are made for one test run and thrown away.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BrokerToolError } from './paths.mjs';

/**
 * @typedef {object} TlsFiles  all of them paths of PEM files
 * @property {string} ca            signs server and client
 * @property {string} cert          client certificate, CN=test-client
 * @property {string} key           its key
 * @property {string} encryptedKey  the same key, encrypted with `keyPassword`
 * @property {string} keyPassword
 * @property {string} serverCert
 * @property {string} serverKey
 * @property {string} serverPem     key and certificate together, as Kafka wants its PEM key store
 * @property {string} strangerCa    a CA that signed nothing here
 * @property {string} strangerCert  client certificate of the stranger's CA
 * @property {string} strangerKey
 */

/**
 * @param {string} dir
 * @returns {TlsFiles}
 */
export function makeCertificates(dir) {
  mkdirSync(dir, { recursive: true });
  const file = (name) => join(dir, name);
  const keyPassword = 'kafka4-key-password';

  authority(dir, 'ca', 'kafka4 test CA');
  authority(dir, 'stranger-ca', 'stranger CA');
  const san = 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth';
  signed(dir, 'server', 'localhost', 'ca', san);
  signed(dir, 'client', 'test-client', 'ca', 'extendedKeyUsage=clientAuth');
  signed(dir, 'stranger', 'stranger', 'stranger-ca', 'extendedKeyUsage=clientAuth');

  writeFileSync(
    file('server.pem'),
    readFileSync(file('server.key'), 'utf8') + readFileSync(file('server.crt'), 'utf8'),
  );
  openssl(dir, [
    'pkcs8',
    '-topk8',
    '-in',
    'client.key',
    '-out',
    'client-encrypted.key',
    '-passout',
    `pass:${keyPassword}`,
  ]);

  return {
    ca: file('ca.crt'),
    cert: file('client.crt'),
    key: file('client.key'),
    encryptedKey: file('client-encrypted.key'),
    keyPassword,
    serverCert: file('server.crt'),
    serverKey: file('server.key'),
    serverPem: file('server.pem'),
    strangerCa: file('stranger-ca.crt'),
    strangerCert: file('stranger.crt'),
    strangerKey: file('stranger.key'),
  };
}

function authority(dir, name, commonName) {
  const subject = ['-subj', `/CN=${commonName}`];
  openssl(dir, [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '30',
    ...subject,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.crt`,
  ]);
}

function signed(dir, name, commonName, issuer, extensions) {
  writeFileSync(join(dir, `${name}.ext`), `${extensions}\n`);
  // genpkey writes PKCS#8, the only form in which Kafka reads a PEM key.
  openssl(dir, ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', `${name}.key`]);
  openssl(dir, ['req', '-new', '-key', `${name}.key`, '-subj', `/CN=${commonName}`, '-out', `${name}.csr`]);
  const by = ['-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`, '-CAcreateserial'];
  openssl(dir, [
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...by,
    '-days',
    '30',
    '-extfile',
    `${name}.ext`,
    '-out',
    `${name}.crt`,
  ]);
}

function openssl(dir, args) {
  const run = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
  if (run.error) throw new BrokerToolError(`openssl is needed to make test certificates: ${run.error.message}`);
  if (run.status !== 0) throw new BrokerToolError(`openssl ${args[0]} failed:\n${run.stderr}`);
}
