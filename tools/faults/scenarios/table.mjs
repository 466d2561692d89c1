// Every scenario of the lab, and one run of one of them.

import { join } from 'node:path';
import { violations } from '../judge/demands.mjs';
import { CONSUMING } from './consuming.mjs';
import { PRODUCING } from './producing.mjs';
import { Stage } from './stage.mjs';

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {'producing' | 'consuming'} about  what peers are measured for
 * @property {'direct' | 'proxy'} [path]        how clients reach the brokers; direct when left out
 * @property {('short' | 'full')[]} [profiles]  both when left out
 * @property {string[]} [clients]               all when left out
 * @property {string[]} [topics]                besides the scenario's own
 * @property {number} [partitions]              6 when left out
 * @property {boolean} [startsStill]            nothing needs to flow before the faults
 * @property {(stage: Stage) => any[]} producers
 * @property {(stage: Stage) => any[]} [groups]
 * @property {Expectations} [expects]
 * @property {string} [why]                     a demand is softer than: nothing rejected, nothing twice
 * @property {(stage: Stage) => number} [kills] of members a group
 * @property {(stage: Stage) => number} [catchUpMs]  how long groups may take for what is left at the end; 90 s when left out
 * @property {(stage: Stage) => Promise<void>} play
 *
 * @typedef {object} Expectations  what differs from: nothing is rejected, nothing comes twice
 * @property {{ code: string, name: string, withinMs: number }} [rejections]
 * @property {'none' | 'kills' | 'one rewind' | 'backlog'} [duplicates]
 * @property {'none'} [revocations]
 * @property {number} [kept]      ms that a partition may stand still which never changed hands
 * @property {string[]} [events]  that must have been told
 */

/** @type {Scenario[]} */
export const SCENARIOS = [...PRODUCING, ...CONSUMING];

/** @param {string} name */
export function scenarioNamed(name) {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (!found) throw new Error(`no scenario is called ${name}: there are ${SCENARIOS.map((s) => s.name).join(', ')}`);
  return found;
}

export function runsWith(scenario, client, scale) {
  const profile = scenario.profiles ?? ['short', 'full'];
  return profile.includes(scale) && (scenario.clients ?? [client]).includes(client);
}

/**
 * @param {{ cluster: import('../cluster/cluster.mjs').Cluster, scenario: Scenario, client?: string,
 *   scale?: 'short' | 'full', say?: (line: string) => void, logs?: string, debug?: string }} setup
 *   logs: a folder for journals and logs of a scenario in which something was not kept; debug: librdkafka's contexts
 */
export async function runScenario(setup) {
  const { cluster, scenario, client = 'kafka4', scale = 'short', say = () => {}, logs, debug } = setup;
  const begun = Date.now();
  const stage = new Stage({ cluster, scenario, client, scale, say, debug });
  let kept = false;
  try {
    await stage.open();
    await scenario.play(stage);
    const judged = await stage.close();
    const result = {
      scenario: scenario.name,
      title: scenario.title,
      about: scenario.about,
      client,
      scale,
      ms: Date.now() - begun,
      timeline: stage.timeline,
      problems: stage.problems,
      recoveries: stage.recoveries,
      kills: scenario.kills?.(stage) ?? 0,
      ...judged,
    };
    const found = violations(result, scenario.expects ?? {});
    kept = found.length === 0;
    return { ...result, violations: found };
  } finally {
    if (logs && (!kept || debug)) stage.keepLogs(join(logs, `${scenario.name}-${client}`));
    await stage.abandon();
    // The next scenario finds a whole cluster, whatever happened in this one.
    await cluster.heal();
  }
}
