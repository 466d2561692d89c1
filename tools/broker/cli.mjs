// The commands behind `npm run kafka:start|status|logs|logs:follow|restart|stop`.
//
//   KAFKA4_BROKER_ENGINE=jvm|compose  instead of choosing
//   KAFKA4_BROKER_PORTS=29092,9092    ports of the local broker
//   KAFKA4_BROKER_DIR=.kafka          its folder

import { existsSync, realpathSync, statSync, watchFile } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compose, composeRuns, findCompose } from './compose.mjs';
import { localRuns, startLocal, stopLocal } from './local.mjs';
import { readEnd, readFrom } from './log.mjs';
import { BrokerToolError, brokerPlace } from './paths.mjs';
import { clearState, readState, writeState } from './state.mjs';
import { prepareTopics } from './topics.mjs';
import { isReady, metadata } from './wire.mjs';

/** Of a broker that has many; `status` lists all. */
const SHOWN_TOPICS = 8;

const say = (line) => process.stdout.write(`${line}\n`);

/** What runs now: the remembered engine if it really does, or services that somebody started by hand. */
function running(place) {
  const state = readState(place);
  if (state?.engine === 'jvm') {
    if (localRuns(state)) return state;
    clearState(place);
  }
  if (process.env.KAFKA4_BROKER_ENGINE === 'jvm') return undefined;
  const command = state?.command ?? findCompose();
  if (command && composeRuns(command)) {
    return state?.engine === 'compose' ? state : { engine: 'compose', command, ports: [29092], version: '', since: '' };
  }
  if (state) clearState(place);
  return undefined;
}

function mustRun(place) {
  const state = running(place);
  if (state) return state;
  const log = existsSync(place.log) ? `\nThe log of the last local broker: ${place.log}` : '';
  throw new BrokerToolError(`No broker is running. Start one: npm run kafka:start${log}`);
}

async function start() {
  const place = brokerPlace();
  const begin = Date.now();
  const found = running(place);
  if (found) {
    say(
      found.engine === 'jvm'
        ? `A local broker already runs (pid ${found.broker?.pid}).`
        : 'The compose services already run.',
    );
    await ready(found, begin);
    return;
  }
  const engine = chooseEngine();
  if (engine) {
    say(`Starting the services of compose.yaml (${engine[0]})`);
    await compose(engine, ['up', '-d', '--wait']);
    writeState(place, {
      engine: 'compose',
      command: engine,
      ports: [29092],
      version: '',
      since: new Date().toISOString(),
    });
  } else {
    await startLocal(place, say);
  }
  await ready(mustRun(place), begin);
}

/** @returns {string[] | undefined} the compose command, or undefined for the JVM */
function chooseEngine() {
  const wish = process.env.KAFKA4_BROKER_ENGINE ?? '';
  if (!['', 'jvm', 'compose'].includes(wish)) {
    throw new BrokerToolError(`KAFKA4_BROKER_ENGINE is "${wish}": expected jvm or compose`);
  }
  if (wish === 'jvm') return undefined;
  const command = findCompose();
  if (!command && wish === 'compose') {
    throw new BrokerToolError(
      'No container engine with compose answers (`docker info`, `docker compose version`). Start Docker, or leave KAFKA4_BROKER_ENGINE unset.',
    );
  }
  if (!command) say('No container engine runs: using a local broker on the JVM.');
  return command;
}

async function ready(state, begin) {
  const address = `localhost:${state.ports[0]}`;
  const created = await prepareTopics(address);
  const { topics } = await metadata(address);
  const own = topics.filter((topic) => !topic.internal).map((topic) => `${topic.name} (${topic.partitions})`);
  say(`Ready after ${((Date.now() - begin) / 1000).toFixed(1)} s.`);
  say(`  Brokers   ${state.ports.map((port) => `localhost:${port}`).join('   ')}`);
  const more = own.length - SHOWN_TOPICS;
  const names = own.sort().slice(0, SHOWN_TOPICS).join(', ');
  const rest = more > 0 ? `, ${more} more (npm run kafka:status)` : '';
  say(`  Topics    ${names}${rest}${created.length ? ` - created ${created.length}` : ''}`);
  if (state.engine === 'compose') {
    say('  Kafka UI  http://localhost:8080');
    say('  Redis     localhost:6379, Redis Commander http://localhost:8081');
    say('  Postgres  localhost:5432');
  }
  say('  Stop it   npm run kafka:stop');
}

async function status() {
  const place = brokerPlace();
  const state = mustRun(place);
  const address = `localhost:${state.ports[0]}`;
  if (state.engine === 'compose') await compose(state.command ?? [], ['ps']);
  else say(`Local Apache Kafka ${state.version}, pid ${state.broker?.pid}, since ${state.since}`);
  if (!(await isReady(address)))
    throw new BrokerToolError(`It runs, but ${address} does not answer. Look at: npm run kafka:logs`);
  const { brokers, topics } = await metadata(address);
  say(`  Brokers   ${state.ports.map((port) => `localhost:${port}`).join('   ')} (${brokers.length} node)`);
  for (const topic of topics.sort((a, b) => (a.name < b.name ? -1 : 1)))
    say(`  Topic     ${topic.name}, ${topic.partitions} partitions`);
  if (state.engine === 'jvm') say(`  Log       ${place.log}\n  Data      ${place.data}`);
}

async function logs() {
  const place = brokerPlace();
  const state = mustRun(place);
  if (state.engine === 'compose') return compose(state.command ?? [], ['logs', '--tail', '200', 'kafka']);
  process.stdout.write(readEnd(place.log));
}

async function follow() {
  const place = brokerPlace();
  const state = mustRun(place);
  if (state.engine === 'compose') return compose(state.command ?? [], ['logs', '-f', '--tail', '200', 'kafka']);
  let offset = 0;
  const more = () => {
    if (!existsSync(place.log)) return;
    const next = readFrom(place.log, offset);
    offset = next.offset;
    process.stdout.write(next.text);
  };
  const size = statSync(place.log).size;
  process.stdout.write(readEnd(place.log));
  offset = size;
  watchFile(place.log, { interval: 200 }, more);
  process.stdout.on('error', () => process.exit(0));
  setInterval(() => {
    const now = readState(place);
    if (localRuns(now)) return;
    more();
    say('The broker has ended.');
    process.exit(0);
  }, 1_000);
}

async function stop() {
  const place = brokerPlace();
  const state = mustRun(place);
  if (state.engine === 'compose') {
    await compose(state.command ?? [], ['down']);
    clearState(place);
    say('Stopped the services. Their data is kept in the named volumes.');
    return;
  }
  const how = await stopLocal(place, state);
  say(how === 'killed' ? 'The broker did not end in time and was killed.' : 'Stopped the local broker.');
  say(`Its data is kept in ${place.data}`);
}

async function restart() {
  const place = brokerPlace();
  const state = mustRun(place);
  const begin = Date.now();
  if (state.engine === 'compose') {
    await compose(state.command ?? [], ['restart']);
    await compose(state.command ?? [], ['up', '-d', '--wait']);
    return ready(state, begin);
  }
  await stopLocal(place, state);
  say('Stopped the local broker.');
  await startLocal({ ...place, ports: state.ports }, say);
  await ready(mustRun(place), begin);
}

const COMMANDS = { start, status, logs, 'logs:follow': follow, restart, stop };

export async function main(args) {
  const command = COMMANDS[args[0]];
  if (!command || args.length > 1) {
    process.stderr.write(`usage: node tools/broker/cli.mjs ${Object.keys(COMMANDS).join('|')}\n`);
    return 2;
  }
  try {
    await command();
    return 0;
  } catch (error) {
    const plain = error instanceof BrokerToolError;
    process.stderr.write(`${plain ? error.message : /** @type {Error} */ (error).stack}\n`);
    return 1;
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}
