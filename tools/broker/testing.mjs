// Real Apache Kafka brokers for tests: free ports, a folder of their own, gone when the test process is gone.
//
//   const broker = await startTestBroker()
//   process.env.KAFKA_BROKER = broker.brokers
//   ...
//   await broker.stop()

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from './certificates.mjs';
import { GuardedBroker } from './guarded.mjs';
import { ensureJars } from './jars.mjs';
import { findJava, runTool } from './jvm.mjs';
import { lastUsefulLines } from './log.mjs';
import { freePorts } from './ports.mjs';
import { formatStorage, renderProperties, serverProperties } from './properties.mjs';
import { secureListeners } from './secure.mjs';
import { prepareTopics, TOPICS } from './topics.mjs';
import { createTopics } from './wire.mjs';

/** @typedef {import('./testing.d.mts').TestBrokerOptions} TestBrokerOptions */
/** @typedef {import('./testing.d.mts').TestBroker} TestBroker */

const FLAGS = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

/** Short names of Kafka's tools for `exec`; any other name is taken as a full class name. */
export const TOOLS = {
  TopicCommand: 'org.apache.kafka.tools.TopicCommand',
  ConsoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  ConsoleProducer: 'org.apache.kafka.tools.ConsoleProducer',
  GetOffsetShell: 'org.apache.kafka.tools.GetOffsetShell',
  ConsumerGroupCommand: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  ConfigCommand: 'kafka.admin.ConfigCommand',
  AclCommand: 'org.apache.kafka.tools.AclCommand',
  DumpLogSegments: 'org.apache.kafka.tools.DumpLogSegments',
};

/**
 * @param {TestBrokerOptions} [options]
 * @returns {Promise<TestBroker>}
 */
export async function startTestBroker(options = {}) {
  const { java } = findJava();
  const { jars } = await ensureJars((line) => process.stderr.write(`${line}\n`));
  const runtime = { java, jars };
  const dir = newTestFolder();
  try {
    // A port can be taken by somebody else between the choice and the bind: choose again.
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await startIn(dir, runtime, options);
      } catch (error) {
        if (attempt === 3 || !String(error).includes('Address already in use')) throw error;
        rmSync(join(dir, 'data'), { recursive: true, force: true });
        rmSync(join(dir, 'broker.log'), { force: true });
      }
    }
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

/** For the data of brokers: a folder that their guardians and later test processes remove, if nobody else does. */
export function newTestFolder() {
  // Memory in place of a disk: a kill -9 keeps it either way, and a busy disk disturbs no timing.
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  sweep(base);
  return mkdtempSync(join(base, `kafka4-test-${process.pid}-`));
}

/**
 * Removes what test processes have left that were killed while their broker was down (a running one is
 * cleaned up by its guardian). The pid in the name is the owner's.
 */
function sweep(base) {
  for (const name of readdirSync(base)) {
    const owner = /^kafka4-test-(\d+)-/.exec(name);
    if (!owner || Number(owner[1]) === process.pid) continue;
    try {
      process.kill(Number(owner[1]), 0);
    } catch (error) {
      const gone = /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
      if (gone) rmSync(join(base, name), { recursive: true, force: true });
    }
  }
}

/**
 * @param {string} dir
 * @param {{ java: string, jars: string }} runtime
 * @param {TestBrokerOptions} options
 * @returns {Promise<TestBroker>}
 */
async function startIn(dir, runtime, options) {
  const users = options.users ?? { alice: 'alice-secret' };
  const names = options.listeners ?? [];
  const tls = names.some((name) => name !== 'SASL_PLAINTEXT') ? makeCertificates(join(dir, 'tls')) : undefined;
  const ports = await freePorts(names.length + 3);
  const [port, controllerPort, proxiedPort] = ports;
  const secure = secureListeners(names, ports.slice(3), users, tls);
  const listeners = [{ name: 'PLAINTEXT', host: '127.0.0.1', port }, ...secure.listeners];
  if (options.proxied)
    listeners.push({ name: 'PROXIED', host: '127.0.0.1', port: proxiedPort, advertised: options.proxied });

  const data = join(dir, 'data');
  const config = join(dir, 'server.properties');
  const logFile = join(dir, 'broker.log');
  const extra = { ...secure.properties, ...options.properties };
  const properties = serverProperties({ data, listeners, controllerPort, extra });
  mkdirSync(data, { recursive: true });
  await formatStorage(runtime, config, properties, secure.scram);
  writeFileSync(config, renderProperties(properties));
  appendFileSync(logFile, '');

  const brokers = `127.0.0.1:${port}`;
  const guarded = new GuardedBroker({
    ...runtime,
    flags: [...FLAGS, ...(options.jvm ?? [])],
    config,
    logFile,
    address: brokers,
  });
  try {
    await guarded.start();
  } catch (error) {
    throw new Error(`${/** @type {Error} */ (error).message}\n${lastUsefulLines(readFileSync(logFile, 'utf8'))}`);
  }

  /** @type {TestBroker} */
  const broker = {
    brokers,
    port,
    endpoints: Object.fromEntries(listeners.map((each) => [each.name, `${each.host}:${each.port}`])),
    users,
    tls,
    dir,
    logFile,
    get pid() {
      return guarded.pid;
    },
    get running() {
      return guarded.running;
    },
    exec: (tool, args, input) => runTool(runtime, TOOLS[tool] ?? tool, withAddress(args, brokers, tool), { input }),
    createTopics: (topics) => createTopics(brokers, topics),
    kill9: () => guarded.end('SIGKILL'),
    shutdown: () => guarded.end('SIGTERM'),
    freeze: () => guarded.signal('SIGSTOP'),
    thaw: () => guarded.signal('SIGCONT'),
    restart: async () => {
      if (guarded.running) await guarded.end('SIGTERM');
      await guarded.start();
    },
    stop: async () => {
      await guarded.end('SIGKILL');
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  try {
    if (options.projectTopics) await prepareTopics(brokers);
    if (options.topics?.length) await createTopics(brokers, options.topics);
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return broker;
}

/** @param {string[]} args */
function withAddress(args, brokers, tool) {
  const given = args.some((arg) => arg.startsWith('--bootstrap-') || arg === '--broker-list');
  return given || tool.endsWith('DumpLogSegments') || tool.endsWith('StorageTool')
    ? args
    : ['--bootstrap-server', brokers, ...args];
}

export { TOPICS };
