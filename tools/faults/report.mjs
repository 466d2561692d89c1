// The report of the lab: Markdown for people, from the results that the JSON holds.
//
//   node tools/faults/report.mjs      writes docs/fault-report.md from tools/faults/results/report.json

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { demandsOn } from './judge/demands.mjs';
import { SCENARIOS } from './scenarios/table.mjs';

const CLIENTS = {
  kafka4: ['kafka4', 'kafka4'],
  confluent: ['Confluent', '@confluentinc/kafka-javascript'],
  kafkajs: ['KafkaJS', 'kafkajs'],
};
const seconds = (ms) => (ms === undefined ? '–' : (ms / 1000).toFixed(1));
const bold = (n) => (n > 0 ? `**${n}**` : String(n));
const nameOf = (client) => CLIENTS[client]?.[0] ?? client;

/**
 * @param {{ date: string, machine: string, kafka: string, clients: Record<string, string>, results: any[],
 *   notes?: string[] }} report  notes: what those who ran it found out about causes
 */
export function markdown({ date, machine, kafka, clients, results, notes = [] }) {
  const played = SCENARIOS.map((scenario) => ({
    scenario,
    runs: Object.keys(CLIENTS).flatMap((client) =>
      results.filter((result) => result.scenario === scenario.name && result.client === client),
    ),
  })).filter(({ runs }) => runs.length > 0);
  return [
    '# Fault report',
    '',
    ...head({ date, machine, kafka, clients, results }),
    ...differences(played, notes),
    ...overview(played),
    '## Scenario by scenario',
    '',
    ...played.flatMap(scenarioOf),
  ].join('\n');
}

function head({ date, machine, kafka, clients, results }) {
  const versions = Object.entries(clients).map(([name, version]) => `${CLIENTS[name][1]} ${version}`);
  const sessions = [...new Set(results.map(({ session }) => session ?? 'default'))];
  const loads = results.flatMap(({ load, loadAfter }) => [load, loadAfter]).filter((load) => load !== undefined);
  const dates = results.map((result) => result.date ?? date).sort();
  const busy =
    loads.length === 0
      ? ''
      : ` Load average while it ran: ${Math.min(...loads).toFixed(0)} to ${Math.max(...loads).toFixed(0)};` +
        ' pauses grow with it, counts of what is lost or doubled should not.';
  return [
    `- Clients: ${versions.join(', ')}`,
    `- Brokers: ${kafka}, three nodes (broker and controller each), replication factor 3, two in-sync replicas at least, ` +
      `no unclean elections; ${sessions.join(' and ')} broker and group sessions`,
    `- Machine: ${machine}, brokers and clients on the same one.${busy}`,
    `- Date: ${dates[0]} to ${dates.at(-1)} (UTC)`,
    '',
    'Each producer and each member of a group is a process of its own. Clients have their default settings, with acks=all;',
    'KafkaJS and Confluent therefore produce without idempotence. A consumer is fed by the producer of the same client in',
    "the scenarios on producing, else by kafka4's. What was stored and committed was read by Kafka's own Java client, and",
    'compared with what the processes had noted. Bold: more than none. Only kafka4 is judged by its demands; the others',
    'are shown under the same work. Made by `npm run test:faults` and `node tools/faults/report.mjs`.',
    '',
  ];
}

function differences(played, notes) {
  const lines = played.flatMap(({ scenario, runs }) =>
    runs
      .filter(({ client }) => client === 'kafka4')
      .flatMap(({ violations = [], failed }) => [
        ...violations,
        ...(failed ? [`could not be played to its end: ${failed.split('\n')[0]}`] : []),
      ])
      .map((line) => `- ${scenario.name}: ${line}`),
  );
  const causes = notes.flatMap((note) => [note, '']);
  const kept = ['Nothing: all that is demanded below was kept.'];
  return ['## What kafka4 did not keep', '', ...(lines.length > 0 ? lines : kept), '', ...causes];
}

/** One line a scenario and client: all its producers, all its groups. */
function overview(played) {
  const lines = [
    '## Overview',
    '',
    '| scenario | client | sent | acknowledged | rejected | **acknowledged and lost** | stored twice | out of order in a key | longest pause, s | groups: lost | handled twice | out of order | longest pause of a group, s | flows again after, s | load average |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
  ];
  for (const { scenario, runs } of played) {
    for (const run of runs) {
      if (run.failed) {
        lines.push(`| ${scenario.name} | ${nameOf(run.client)} | ${'– | '.repeat(12)}could not be played |`);
        continue;
      }
      const own = run.producing.filter(({ client }) => client === run.client || scenario.about === 'producing');
      const total = (of, name) => of.reduce((sum, verdict) => sum + verdict[name], 0);
      const most = (of, name) => (of.length === 0 ? '–' : seconds(Math.max(...of.map((verdict) => verdict[name]))));
      const groups = run.consuming;
      const ofGroups = (name) => (groups.length === 0 ? '–' : bold(total(groups, name)));
      const shown = scenario.about === 'producing' ? own : [];
      const count = (name, mark = bold) => (shown.length === 0 ? '–' : mark(total(shown, name)));
      const plain = (n) => String(n);
      const cells = [
        scenario.name,
        nameOf(run.client),
        count('sent', plain),
        count('acked', plain),
        count('rejected', scenario.expects?.rejections ? plain : bold),
        count('lost'),
        count('duplicates'),
        count('outOfOrder'),
        most(shown, 'longestWithoutAck'),
        ofGroups('lost'),
        ofGroups('duplicates'),
        ofGroups('outOfOrder'),
        most(groups, 'longestStallOfAll'),
        seconds(run.recoveries?.length ? Math.max(...run.recoveries) : undefined),
        run.load === undefined ? '–' : `${run.load.toFixed(0)}, ${run.loadAfter.toFixed(0)}`,
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  return [
    ...lines,
    '',
    'The longest pause is the longest time in which something waited and nothing was acknowledged (or, of a group, handled).',
    '"Flows again after" is the longest wait, from the moment in which a scenario found nothing standing against it any',
    'more, until every producer had new acknowledgements and every group had handled something new. The load average is',
    'that of the machine before and after a scenario: pauses of rows that were measured under unlike loads do not compare.',
    '',
  ];
}

function scenarioOf({ scenario, runs }) {
  const ours = runs.find(({ client }) => client === 'kafka4') ?? runs[0];
  return [
    `### ${scenario.name}`,
    '',
    `${scenario.title[0].toUpperCase()}${scenario.title.slice(1)}.`,
    '',
    `Demanded of kafka4: ${demandsOn(scenario.expects ?? {}, ours)}.`,
    ...(scenario.why ? ['', scenario.why] : []),
    '',
    ...(scenario.about === 'producing' ? producers(runs) : []),
    ...groups(runs),
    ...errors(runs),
    ...timelines(runs),
    '',
  ];
}

function producers(runs) {
  const lines = [
    '| producer | sent | acked | rejected | **acked, lost** | twice | out of order | rejected, stored | told wrong | unsettled, settled twice | longest pause, s | slowest ack, s |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
  ];
  for (const { client, producing } of runs) {
    for (const v of producing) {
      const cells = [
        `${nameOf(client)}, ${v.api} ${v.rate}/s`,
        v.sent,
        v.acked,
        v.rejected,
        bold(v.lost),
        bold(v.duplicates),
        bold(v.outOfOrder),
        v.rejectedButStored,
        bold(v.wronglyDenied + v.wronglyClaimed + v.misplaced),
        `${bold(v.unsettled)}, ${bold(v.settledTwice)}`,
        seconds(v.longestWithoutAck),
        seconds(v.slowestAck),
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  return [...lines, ''];
}

function groups(runs) {
  const lines = [
    '| group | members | stored | handled | **lost** | twice (most of a partition) | out of order | committed wrong | longest pause of a partition / of one that kept its member / of the group, s | slowest close, s |',
    '|---|---|---|---|---|---|---|---|---|---|',
  ];
  for (const { client, consuming, ends } of runs) {
    for (const v of consuming) {
      const closes = ends.filter(({ name }) => name.startsWith(`${v.name}-`)).map((end) => end.closeMs ?? end.ms);
      const cells = [
        `${nameOf(client)}, ${v.name}`,
        v.members,
        v.stored,
        v.wrong > 0 ? `${v.handled - v.wrong} (and ${v.wrong} that are not of this producer)` : v.handled,
        bold(v.lost),
        `${bold(v.duplicates)} (${v.mostDuplicatesOfPartition})`,
        bold(v.outOfOrder),
        bold(v.committedUnhandled + v.uncommitted),
        [v.longestStallOfOne, v.longestStallOfKept, v.longestStallOfAll].map(seconds).join(' / '),
        closes.length > 0 ? seconds(Math.max(...closes)) : '–',
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  return lines.length > 2 ? [...lines, ''] : [];
}

/** What sends were rejected with, how processes ended if not in order, what did not happen. */
function errors(runs) {
  const lines = runs.flatMap(({ client, producing, ends, problems, failed }) =>
    [
      ...producing.flatMap(({ name, errors: kinds }) =>
        Object.entries(kinds).map(([error, times]) => `${name}: ${times} × ${error}`),
      ),
      ...ends
        .filter(({ code, hung }) => hung || code !== 0)
        .map(
          ({ name, code, signal, hung }) => `${name} ${hung ? 'did not end' : `ended by ${signal ?? `code ${code}`}`}`,
        ),
      ...problems,
      ...(failed ? [`could not be played to its end: ${failed.split('\n')[0]}`] : []),
    ].map((line) => `- ${nameOf(client)}: ${line}`),
  );
  return lines.length > 0 ? [...lines, ''] : [];
}

function timelines(runs) {
  return runs.map(({ client, ms, timeline }) => {
    const told = timeline.map(({ at, what }) => `${seconds(at)} ${what}`).join('; ');
    return `- ${nameOf(client)}, at which second (${seconds(ms)} in all): ${told}`;
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const report = JSON.parse(readFileSync(new URL('./results/report.json', import.meta.url), 'utf8'));
  writeFileSync(new URL('../../docs/fault-report.md', import.meta.url), markdown(report));
}
