// The settings of the brokers, local and test, and Kafka's storage format.

import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { runTool } from './jvm.mjs';

/**
 * @typedef {object} Listener
 * @property {string} name
 * @property {string} host
 * @property {number} port
 * @property {string} [protocol]    PLAINTEXT when left out
 * @property {string} [advertised]  host:port that clients are told; its own address when left out
 */

/**
 * One node that is broker and controller.
 *
 * @param {{ data: string, listeners: Listener[], controllerPort: number, extra?: Record<string, string | number | boolean> }} broker
 */
export function serverProperties({ data, listeners, controllerPort, extra = {} }) {
  const controller = { name: 'CONTROLLER', host: '127.0.0.1', port: controllerPort };
  const all = [...listeners, controller];
  const address = ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    // The voters stand in the file and not in the metadata log, so that the controller may have another
    // port at each start.
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': listeners[0].name,
    listeners: all.map((each) => `${each.name}://${address(each)}`).join(','),
    'advertised.listeners': listeners.map((each) => `${each.name}://${each.advertised ?? address(each)}`).join(','),
    'listener.security.protocol.map': all.map((each) => `${each.name}:${each.protocol ?? 'PLAINTEXT'}`).join(','),
    'log.dirs': data.replaceAll('\\', '/'),
    // One node can hold one replica: with Kafka's defaults (3 and 2) no group and no transaction would work.
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // Kafka makes 50 of each for big clusters; here they would only slow the first group join.
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.num.partitions': 5,
    'share.coordinator.state.topic.num.partitions': 3,
    // A mistyped topic name must be an error in development, as it is in production.
    'auto.create.topics.enable': false,
    // Kafka waits 3 s before the first assignment of a new group, hoping that more members come. With one
    // developer or one test that is 3 s of nothing at each start.
    'group.initial.rebalance.delay.ms': 0,
    // After a kill -9 the controller takes the node back only when its old session has run out: with
    // Kafka's 9 s every such restart would take 12 s.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 400,
    ...extra,
  };
}

/** @param {Record<string, string | number | boolean>} properties */
export function renderProperties(properties) {
  return `${Object.entries(properties)
    .map(([key, value]) => `${key}=${String(value).replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`)
    .join('\n')}\n`;
}

/** A cluster id as `StorageTool random-uuid` gives it, without the second that a JVM takes for it. */
export function randomClusterId() {
  // An id that begins with "-" would be read as an option by Kafka's tools.
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

/**
 * @param {{ java: string, jars: string, flags?: string[] }} runtime
 * @param {string} configFile
 * @param {Record<string, string | number | boolean>} properties
 * @param {string[]} [scram]  for example `SCRAM-SHA-256=[name=alice,password=secret]`
 * @param {string} [clusterId]  the same for all nodes of a cluster
 */
export async function formatStorage(runtime, configFile, properties, scram = [], clusterId = randomClusterId()) {
  mkdirSync(dirname(configFile), { recursive: true });
  writeFileSync(configFile, renderProperties(properties));
  const users = scram.flatMap((user) => ['--add-scram', user]);
  await runTool(runtime, 'kafka.tools.StorageTool', ['format', '-t', clusterId, '-c', configFile, ...users]);
}
