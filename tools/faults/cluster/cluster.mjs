// Three Kafka nodes on the JVM, brokers and controllers at once: replication factor 3, two in-sync replicas at least,
// no unclean elections. Each can be killed, frozen, stopped and started; each has a proxy before one of its listeners.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GuardedBroker } from '../../broker/guarded.mjs';
import { ensureJars } from '../../broker/jars.mjs';
import { findJava, runTool } from '../../broker/jvm.mjs';
import { lastUsefulLines } from '../../broker/log.mjs';
import { freePorts } from '../../broker/ports.mjs';
import { formatStorage, randomClusterId, renderProperties, serverProperties } from '../../broker/properties.mjs';
import { newTestFolder, TOOLS } from '../../broker/testing.mjs';
import { createTopics, metadata } from '../../broker/wire.mjs';
import { BrokerProxy } from './proxy.mjs';

const IDS = [1, 2, 3];
const FLAGS = ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

/** Two in-sync replicas acknowledge a message, so that it outlives each single broker. */
const SAFE = {
  'default.replication.factor': 3,
  'min.insync.replicas': 2,
  'unclean.leader.election.enable': false,
  'offsets.topic.replication.factor': 3,
  'transaction.state.log.replication.factor': 3,
  'transaction.state.log.min.isr': 2,
  'share.coordinator.state.topic.replication.factor': 3,
  'share.coordinator.state.topic.min.isr': 2,
  'offsets.topic.num.partitions': 6,
};

/** How soon a broker that says nothing loses its partitions, and a member its own: Kafka's defaults, or soon. */
const SESSIONS = {
  default: { 'broker.session.timeout.ms': 9_000, 'broker.heartbeat.interval.ms': 2_000 },
  fast: {
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    'group.min.session.timeout.ms': 1_000,
    'group.consumer.min.session.timeout.ms': 1_000,
    'group.consumer.session.timeout.ms': 10_000,
    'group.consumer.min.heartbeat.interval.ms': 500,
    'group.consumer.heartbeat.interval.ms': 1_000,
  },
};

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {{ session?: 'fast' | 'default', say?: (line: string) => void }} [options]
 * @returns {Promise<Cluster>}
 */
export async function startCluster({ session = 'fast', say = () => {} } = {}) {
  const { java } = findJava();
  const { jars, version } = await ensureJars((line) => process.stderr.write(`${line}\n`));
  const dir = newTestFolder();
  say(`Starting three nodes of Apache Kafka ${version}`);
  // A port can be taken by somebody else between the choice and the bind: choose again.
  for (let attempt = 1; ; attempt += 1) {
    const cluster = new Cluster({ java, jars }, dir, version);
    try {
      await cluster.start(SESSIONS[session]);
      return cluster;
    } catch (error) {
      await cluster.stop();
      if (attempt === 3 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

export class Cluster {
  /** @type {Map<number, { port: number, guarded: GuardedBroker, proxy: BrokerProxy, log: string }>} */
  #nodes = new Map();

  constructor(runtime, dir, version) {
    this.runtime = runtime;
    this.dir = dir;
    this.version = version;
  }

  get ids() {
    return IDS;
  }

  /** host:port of every node, without proxies. */
  get direct() {
    return [...this.#nodes.values()].map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** host:port of every node's proxy; who begins there stays behind them. */
  get proxied() {
    return [...this.#nodes.values()].map(({ proxy }) => proxy.address).join(',');
  }

  get proxies() {
    return [...this.#nodes.values()].map(({ proxy }) => proxy);
  }

  async start(session) {
    const ports = await freePorts(3 * IDS.length);
    const voters = IDS.map((id, n) => `${id}@127.0.0.1:${ports[n * 3]}`).join(',');
    const clusterId = randomClusterId();
    await Promise.all(IDS.map((id, n) => this.#format(id, ports.slice(n * 3, n * 3 + 3), voters, clusterId, session)));
    await Promise.all([...this.#nodes.values()].map((node) => this.#boot(node)));
    await this.inSync();
  }

  async #format(id, [controllerPort, port, behind], voters, clusterId, session) {
    const proxy = await BrokerProxy.open();
    proxy.aim(behind);
    const data = join(this.dir, `node-${id}`);
    const config = join(this.dir, `node-${id}.properties`);
    const log = join(this.dir, `node-${id}.log`);
    const guarded = new GuardedBroker({
      ...this.runtime,
      flags: FLAGS,
      config,
      logFile: log,
      address: `127.0.0.1:${port}`,
    });
    this.#nodes.set(id, { port, guarded, proxy, log });
    const listeners = [
      { name: 'PLAINTEXT', host: '127.0.0.1', port },
      { name: 'PROXIED', host: '127.0.0.1', port: behind, advertised: proxy.address },
    ];
    const extra = { 'node.id': id, 'controller.quorum.voters': voters, ...SAFE, ...session };
    const properties = serverProperties({ data, listeners, controllerPort, extra });
    mkdirSync(data, { recursive: true });
    await formatStorage(this.runtime, config, properties, [], clusterId);
    writeFileSync(config, renderProperties(properties));
  }

  async #boot({ guarded, log }) {
    try {
      await guarded.start();
    } catch (error) {
      throw new Error(`${/** @type {Error} */ (error).message}\n${lastUsefulLines(readFileSync(log, 'utf8'))}`);
    }
  }

  #node(id) {
    const node = this.#nodes.get(id);
    if (!node) throw new Error(`there is no node ${id}`);
    return node;
  }

  runs(id) {
    return this.#node(id).guarded.running;
  }

  proxy(id) {
    return this.#node(id).proxy;
  }

  kill9(id) {
    return this.#node(id).guarded.end('SIGKILL');
  }

  /** SIGTERM: it hands its partitions over before it ends. */
  shutdown(id) {
    return this.#node(id).guarded.end('SIGTERM');
  }

  freeze(id) {
    this.#node(id).guarded.signal('SIGSTOP');
  }

  thaw(id) {
    this.#node(id).guarded.signal('SIGCONT');
  }

  boot(id) {
    return this.#boot(this.#node(id));
  }

  /** One after the other: SIGTERM, start, every replica in sync again. */
  async roll(told = (/** @type {string} */ _line) => {}) {
    for (const id of IDS) {
      told(`SIGTERM to broker ${id}`);
      await this.shutdown(id);
      told(`broker ${id} starts again`);
      await this.boot(id);
      await this.inSync();
    }
  }

  /** Every node is there, every partition has a leader and all its replicas, and all nodes say so. */
  async inSync(limit = 90_000) {
    const until = Date.now() + limit;
    let last = '';
    for (;;) {
      const said = await Promise.all(IDS.map((id) => this.#missing(id)));
      last = said.find((text) => text !== '') ?? '';
      if (last === '') return;
      if (Date.now() > until) throw new Error(`the cluster is not whole after ${limit} ms: ${last}`);
      await sleep(200);
    }
  }

  async #missing(id) {
    try {
      const { brokers, topics } = await metadata(`127.0.0.1:${this.#node(id).port}`);
      if (brokers.length < IDS.length) return `node ${id} sees ${brokers.length} brokers`;
      const partitions = topics.flatMap(({ name, layout }) => layout.map((each) => ({ name, ...each })));
      const bad = partitions.find(({ leader, replicas, isr }) => leader < 0 || isr.length < replicas.length);
      return bad ? `${bad.name}-${bad.id} has leader ${bad.leader} and replicas ${bad.isr} in sync` : '';
    } catch (error) {
      return `node ${id}: ${/** @type {Error} */ (error).message}`;
    }
  }

  /** @param {{ name: string, partitions: number, config?: Record<string, string> }[]} topics */
  async createTopics(topics) {
    const [address] = this.direct.split(',');
    await createTopics(
      address,
      topics.map((topic) => ({ replicas: IDS.length, ...topic })),
    );
    await this.inSync();
  }

  /** Runs one of Kafka's own tools, or a class of `classes`. */
  exec(tool, args, { classes = '', timeout = 60_000 } = {}) {
    const runtime = { ...this.runtime, classes };
    return runTool(runtime, TOOLS[tool] ?? tool, ['--bootstrap-server', this.direct, ...args], { timeout });
  }

  /** Whatever a fault has left: proxies pass, nobody is frozen, everybody runs, everything is in sync. */
  async heal() {
    for (const proxy of this.proxies) await proxy.normal();
    for (const id of IDS) this.thaw(id);
    await Promise.all(IDS.filter((id) => !this.runs(id)).map((id) => this.boot(id)));
    await this.inSync();
  }

  async stop() {
    const nodes = [...this.#nodes.values()];
    this.#nodes.clear();
    await Promise.all(nodes.map(({ proxy }) => proxy.close()));
    await Promise.all(nodes.map(({ guarded }) => guarded.end('SIGKILL')));
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}
