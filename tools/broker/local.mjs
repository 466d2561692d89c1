// The local broker: one Kafka node on the JVM, detached from the terminal that started it.

import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureJars } from './jars.mjs';
import { classPath, findJava } from './jvm.mjs';
import { lastUsefulLines, readEnd } from './log.mjs';
import { BrokerToolError, TOOLS_DIR } from './paths.mjs';
import { freePorts, hasIpv6Loopback, isTaken, portHolder } from './ports.mjs';
import { endProcess, isAlive, killNow, markProcess } from './processes.mjs';
import { formatStorage, renderProperties, serverProperties } from './properties.mjs';
import { clearState, takeLock, writeState } from './state.mjs';
import { isReady } from './wire.mjs';

const START_LIMIT = 60_000;
const STOP_LIMIT = 20_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {import('./paths.mjs').BrokerPlace} place
 * @param {(line: string) => void} say
 * @returns {Promise<import('./state.mjs').BrokerState>} of a broker that answers
 */
export async function startLocal(place, say) {
  // All that can be known to fail is looked at before anything is started.
  const unlock = takeLock(place);
  try {
    await refuseTakenPorts(place);
    const { java } = findJava();
    const { jars, version } = await ensureJars(say);
    const config = await prepare(place, { java, jars }, say);
    return await launch(place, { java, jars, version, config }, say);
  } finally {
    unlock();
  }
}

/** @param {import('./paths.mjs').BrokerPlace} place */
async function refuseTakenPorts(place) {
  for (const port of place.ports) {
    if (!(await isTaken(port))) continue;
    const holder = portHolder(port);
    throw new BrokerToolError(
      [
        `Port ${port} is taken by ${holder ?? 'another process'}: nothing was started.`,
        'End that process, or choose other ports, for example:',
        '  KAFKA4_BROKER_PORTS=39092,39093 npm run kafka:start',
      ].join('\n'),
    );
  }
}

/**
 * Writes the settings, and formats the storage when there is none yet: data is kept between runs.
 *
 * @param {import('./paths.mjs').BrokerPlace} place
 * @returns {Promise<string>} the settings file
 */
async function prepare(place, runtime, say) {
  const [controllerPort] = await freePorts(1);
  // Loopback only: this broker asks nobody for a password. On both families, because `localhost` is ::1
  // first on many systems, and a refused connection there costs up to two seconds on some.
  const hosts = (await hasIpv6Loopback()) ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
  const listeners = place.ports.flatMap((port) =>
    hosts.map((host) => ({
      name: `${host === '::1' ? 'LOCAL6' : 'LOCAL'}_${port}`,
      host,
      port,
      advertised: host === '::1' ? `localhost:${port}` : `127.0.0.1:${port}`,
    })),
  );
  const properties = serverProperties({ data: place.data, listeners, controllerPort });
  const config = join(place.dir, 'server.properties');
  mkdirSync(place.data, { recursive: true });
  if (!existsSync(join(place.data, 'meta.properties'))) {
    say('Formatting the storage (first start)');
    await formatStorage(runtime, config, properties);
  }
  writeFileSync(config, renderProperties(properties));
  return config;
}

/**
 * @param {import('./paths.mjs').BrokerPlace} place
 * @param {{ java: string, jars: string, version: string, config: string }} what
 * @param {(line: string) => void} say
 */
async function launch(place, { java, jars, version, config }, say) {
  if (existsSync(place.log)) {
    rmSync(`${place.log}.1`, { force: true });
    renameSync(place.log, `${place.log}.1`);
  }
  const log = openSync(place.log, 'a');
  const marker = `-Dkafka4.broker.dir=${place.dir}`;
  const flags = [
    '-Xmx1g',
    '-XX:+UseG1GC',
    '-Xshare:auto',
    marker,
    `-Dlog4j2.configurationFile=${join(TOOLS_DIR, 'log4j2.xml')}`,
  ];
  const child = spawn(java, [...flags, '-cp', classPath(jars), 'kafka.Kafka', config], {
    stdio: ['ignore', log, log],
    detached: true,
    windowsHide: true,
  });
  closeSync(log);
  let ended = '';
  child.on('error', (error) => (ended = error.message));
  child.on('exit', (code, signal) => (ended = signal ?? `exit code ${code}`));
  child.unref();

  const broker = markProcess(child.pid ?? 0, marker);
  /** @type {import('./state.mjs').BrokerState} */
  const state = { engine: 'jvm', ports: place.ports, version, since: new Date().toISOString(), broker };
  // Before the wait: if this command is killed the hard way, `stop` still finds the broker.
  writeState(place, state);

  let ready = false;
  const giveUp = () => {
    if (ready) return;
    killNow(broker);
    clearState(place);
  };
  const interrupted = (signal) => {
    giveUp();
    rmSync(place.lock, { force: true });
    process.stderr.write('\nThe start was interrupted: the broker has been ended.\n');
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, interrupted);
  process.on('exit', giveUp);
  try {
    say(`Starting Apache Kafka ${version} (pid ${child.pid})`);
    const address = `127.0.0.1:${place.ports[0]}`;
    const until = Date.now() + START_LIMIT;
    while (!(await isReady(address))) {
      if (ended !== '') throw new BrokerToolError(failure(place, `The broker ended before it was ready (${ended})`));
      if (Date.now() > until)
        throw new BrokerToolError(
          failure(place, `The broker was not ready after ${START_LIMIT / 1000} s and has been ended`),
        );
      await sleep(50);
    }
    ready = true;
    return state;
  } finally {
    giveUp();
    process.removeListener('exit', giveUp);
    for (const signal of signals) process.removeListener(signal, interrupted);
  }
}

function failure(place, what) {
  return `${what}. Its log says:\n${lastUsefulLines(readEnd(place.log))}\nAll of it: ${place.log}`;
}

/** @param {import('./state.mjs').BrokerState | undefined} state */
export function localRuns(state) {
  return state?.broker !== undefined && isAlive(state.broker);
}

/**
 * @param {import('./paths.mjs').BrokerPlace} place
 * @param {import('./state.mjs').BrokerState} state
 */
export async function stopLocal(place, state) {
  const how = state.broker ? await endProcess(state.broker, STOP_LIMIT) : 'gone';
  clearState(place);
  return how;
}
