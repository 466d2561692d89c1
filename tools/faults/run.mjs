// npm run test:faults: clients on a cluster of three Kafka nodes whose brokers, members and connections fail.
//
//   node tools/faults/run.mjs                                   the full profile, kafka4 and the peers that are there
//   node tools/faults/run.mjs --short --clients=kafka4          what npm test runs
//   node tools/faults/run.mjs --only=freeze,outage --again      these only, added to the report that is there
//   node tools/faults/run.mjs --debug=cgrp,broker               kafka4's logs with librdkafka's debug contexts
//
// Writes tools/faults/results/report.json and report.md, and to results/logs what the processes of a scenario printed in
// which something was not kept. The exit code is 0 only when kafka4 kept all its promises; what
// peers do is shown, not judged.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { versionOf } from './clients/peers.mjs';
import { startCluster } from './cluster/cluster.mjs';
import { markdown } from './report.mjs';
import { runScenario, runsWith, SCENARIOS, scenarioNamed } from './scenarios/table.mjs';

const PEERS = { confluent: '@confluentinc/kafka-javascript', kafkajs: 'kafkajs' };
const RESULTS = fileURLToPath(new URL('./results/', import.meta.url));
const say = (line) => process.stderr.write(`${line}\n`);

function readArguments(args) {
  const known = /^--(short|again|only=.+|clients=.+|session=(fast|default)|debug=.+)$/;
  const strange = args.find((arg) => !known.test(arg));
  if (strange !== undefined) {
    throw new Error(`${strange} is no option: --short --again --only=… --clients=… --session=fast|default --debug=…`);
  }
  const list = (name) =>
    args
      .find((arg) => arg.startsWith(`--${name}=`))
      ?.slice(name.length + 3)
      .split(',');
  const scale = args.includes('--short') ? /** @type {const} */ ('short') : /** @type {const} */ ('full');
  return {
    scale,
    again: args.includes('--again'),
    scenarios: list('only')?.map(scenarioNamed) ?? SCENARIOS,
    clients: list('clients') ?? ['kafka4', ...Object.keys(PEERS)],
    // The full profile shows Kafka's own session timeouts, the short one saves the time.
    debug: args.find((arg) => arg.startsWith('--debug='))?.slice(8),
    session: list('session')?.[0] ?? (scale === 'short' ? 'fast' : 'default'),
  };
}

/** Names and versions of the clients that are installed. */
function clientsHere(names) {
  const found = {};
  for (const name of names) {
    if (name === 'kafka4') {
      found.kafka4 = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
      continue;
    }
    if (!PEERS[name]) throw new Error(`no client is called ${name}: kafka4, ${Object.keys(PEERS).join(', ')}`);
    try {
      found[name] = versionOf(PEERS[name]);
    } catch {
      say(`Left out: ${name} is not installed (npm install --prefix tools/faults/peers)`);
    }
  }
  return found;
}

/** What the file holds now: several runs with --again can add to it at the same time. */
function earlier() {
  try {
    return JSON.parse(readFileSync(join(RESULTS, 'report.json'), 'utf8'));
  } catch {
    // There is none yet.
    return { clients: {}, results: [] };
  }
}

function write(name, text) {
  const file = join(RESULTS, name);
  writeFileSync(`${file}.${process.pid}`, text);
  // Whole or not at all for those who read it meanwhile.
  renameSync(`${file}.${process.pid}`, file);
}

function save(report) {
  mkdirSync(RESULTS, { recursive: true });
  write('report.json', `${JSON.stringify(report, null, 2)}\n`);
  write('report.md', markdown(report));
}

async function main(args) {
  const { scale, again, scenarios, clients: names, session, debug } = readArguments(args);
  const clients = clientsHere(names);
  let cluster = await startCluster({ session, say });
  const interrupted = () => cluster.stop().finally(() => process.exit(130));
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  const now = () => new Date().toISOString().slice(0, 16).replace('T', ' ');
  const about = {
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}`,
    kafka: `Apache Kafka ${cluster.version}`,
  };
  let before = again ? earlier() : { clients: {}, results: [] };
  let bad = 0;
  try {
    for (const scenario of scenarios) {
      for (const client of Object.keys(clients).filter((name) => runsWith(scenario, name, scale))) {
        say(`\n${scenario.name}, ${client}: ${scenario.title}`);
        let result;
        const began = { date: now(), session, load: loadavg()[0] };
        try {
          result = await runScenario({ cluster, scenario, client, scale, say, debug, logs: join(RESULTS, 'logs') });
        } catch (error) {
          const failed = /** @type {Error} */ (error).stack ?? String(error);
          result = { ...bare(scenario, client, scale), failed };
          say(`    FAILED: ${failed}`);
          await cluster.stop();
          cluster = await startCluster({ session, say });
        }
        for (const violation of result.violations) say(`    ! ${violation}`);
        if (client === 'kafka4' && (result.failed || result.violations.length > 0)) bad += 1;
        if (again) before = earlier();
        const others = before.results.filter((each) => each.scenario !== scenario.name || each.client !== client);
        const results = [...others, { ...result, ...began, loadAfter: loadavg()[0] }];
        save({ date: now(), ...about, clients: { ...before.clients, ...clients }, notes: before.notes, results });
        before = earlier();
      }
    }
  } finally {
    await cluster.stop();
  }
  say(`\nThe report: ${join(RESULTS, 'report.md')}`);
  say(bad === 0 ? 'kafka4 kept all its promises.' : `kafka4 did not keep its promises in ${bad} scenarios.`);
  return bad === 0 ? 0 : 1;
}

function bare({ name, title, about }, client, scale) {
  const nothing = { timeline: [], problems: [], producing: [], consuming: [], ends: [], violations: [] };
  return { scenario: name, title, about, client, scale, ms: 0, ...nothing };
}

let code = 1;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  say(`The fault lab failed: ${/** @type {Error} */ (error).stack}`);
}
// The cluster and all clients are gone: a connection that some fault has left open keeps nobody waiting.
process.exit(code);
