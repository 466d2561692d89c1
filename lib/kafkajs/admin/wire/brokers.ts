/** Which broker a request of wire/ goes to, and the connection to it, secured as the cluster's settings say. */
import { KafkaJSBrokerNotFound, KafkaJSNotImplemented } from '../../errors/index.js';
import type { AdminClient } from '../client.js';
import { describeCluster } from '../metadata.js';
import { authenticate } from './authenticate.js';
import { type Address, Connection } from './connection.js';

/** Runs `ask` on a connection to the controller, which a KRaft cluster reaches through any broker. */
export async function onController<T>(client: AdminClient, ask: (connection: Connection) => Promise<T>): Promise<T> {
  const { brokers, controller } = await describeCluster(client);
  return onAddress(client, brokers.find(({ nodeId }) => nodeId === controller) ?? brokers[0], ask);
}

/** Runs `ask` on a connection to the broker with that id. */
export async function onBroker<T>(
  client: AdminClient,
  id: number,
  ask: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { brokers } = await describeCluster(client);
  const found = brokers.find(({ nodeId }) => nodeId === id);
  return onAddress(client, found, ask, `Broker ${id} not found in the cached metadata`);
}

export async function onAddress<T>(
  client: AdminClient,
  address: Address | undefined,
  ask: (connection: Connection) => Promise<T>,
  missing = 'No broker is there',
): Promise<T> {
  if (address === undefined) throw new KafkaJSBrokerNotFound(missing);
  const { ssl, sasl } = client.cluster.config;
  const { clientId, requestTimeout, setupTimeout } = client.cluster;
  if (isEmbedded(client)) {
    throw new KafkaJSNotImplemented('the embedded broker does not know this request: use a real Apache Kafka for it');
  }
  const connection = await Connection.open(address, ssl, clientId, setupTimeout, requestTimeout);
  try {
    if (sasl != null) await authenticate(connection, sasl);
    return await ask(connection);
  } finally {
    connection.close();
  }
}

function isEmbedded({ cluster }: AdminClient): boolean {
  const { brokers } = cluster.config;
  return Array.isArray(brokers) && brokers.some((broker) => /^embedded(:\d+)?$/.test(broker));
}
