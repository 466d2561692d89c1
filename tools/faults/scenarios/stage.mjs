// One scenario on its way: a topic, producers and groups as processes, faults, then the question to the oracle.

import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Actor } from '../clients/actor.mjs';
import { now } from '../clients/journal.mjs';
import { deliveriesOf, judgeConsuming } from '../judge/consuming.mjs';
import { judgeProducing, sendsOf } from '../judge/producing.mjs';
import { askOracle } from '../oracle/oracle.mjs';

/** How long acknowledgements or deliveries may fail to appear where nothing stands against them. */
const FLOW_LIMIT = 60_000;
/** How long sends may take to settle when no more are made; longer than any delivery timeout in use. */
const SETTLE_LIMIT = 150_000;
const CATCH_UP_LIMIT = 90_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let count = 0;

/** @typedef {{ name: string, members: Actor[], settings: any }} Group */

export class Stage {
  /** @type {{ actor: Actor, settings: any, topic: string }[]} */
  producers = [];
  /** @type {Map<string, Group>} */
  groups = new Map();
  /** What did not happen although it had to. @type {string[]} */
  problems = [];
  /** @type {{ at: number, what: string }[]} */
  timeline = [];
  /** After which time everything flowed again, once nothing stood against it any more, in ms. @type {number[]} */
  recoveries = [];
  #begun = now();
  #settledAt = 0;
  #entries = new Map();

  /**
   * @param {{ cluster: import('../cluster/cluster.mjs').Cluster, scenario: any, client: string,
   *   scale: 'short' | 'full', say: (line: string) => void, debug?: string }} setup
   */
  constructor({ cluster, scenario, client, scale, say, debug }) {
    Object.assign(this, { cluster, scenario, client, scale, say, debug });
    count += 1;
    this.run = `${scenario.name}-${client}-${process.pid}-${count}`;
    this.folder = join(cluster.dir, this.run);
    this.topic = `${this.run}.events`;
    mkdirSync(this.folder);
  }

  /** A duration of the scenario in the profile that runs. */
  pick({ short, full }) {
    return this.scale === 'short' ? short : full;
  }

  note(what) {
    const at = Math.round(now() - this.#begun);
    this.timeline.push({ at, what });
    this.say(`    ${(at / 1000).toFixed(1).padStart(6)} s  ${what}`);
  }

  sleep(ms) {
    return sleep(ms);
  }

  /** Groups first, so that what is sent can be handled at once. */
  async open() {
    const { partitions = 6, topics = [] } = this.scenario;
    const wanted = [this.topic, ...topics].map((name) => ({ name, partitions }));
    await this.cluster.createTopics(wanted);
    const groups = this.scenario.groups?.(this) ?? [];
    for (const { name, members, ...settings } of groups) this.groups.set(name, { name, members: [], settings });
    await Promise.all(
      groups.map(async ({ name, members }) => {
        for (let n = 0; n < members; n++) await this.join(name);
      }),
    );
    for (const settings of this.scenario.producers(this)) await this.produce(settings);
    if (!this.scenario.startsStill) await this.flows();
    this.recoveries = [];
    this.#settledAt = now();
  }

  #address({ path = this.scenario.path ?? 'direct' }) {
    return path === 'proxy' ? this.cluster.proxied : this.cluster.direct;
  }

  async produce(settings) {
    const client = settings.source ? 'kafka4' : this.client;
    const topic = settings.topic ?? this.topic;
    const name = `producer-${this.producers.length + 1}`;
    const run = `${this.run}-${name}`;
    const given = { keys: 24, ...settings, client, topic, run, brokers: this.#address(settings), debug: this.debug };
    const actor = new Actor('producer', name, this.folder, given);
    this.producers.push({ actor, settings: given, topic });
    await actor.start();
    return actor;
  }

  /** Another member of the group, which consumes what the first producer sends. */
  async join(groupName) {
    const group = this.groups.get(groupName);
    if (!group) throw new Error(`no group ${groupName}`);
    const name = `${groupName}-${group.members.length + 1}`;
    const instance = group.settings.static ? { 'group.instance.id': name } : {};
    const actor = new Actor('consumer', name, this.folder, {
      ...group.settings,
      client: this.client,
      brokers: this.#address(group.settings),
      topic: this.topic,
      group: `${this.run}.${groupName}`,
      run: `${this.run}-producer-1`,
      debug: this.debug,
      librdkafka: { ...group.settings.librdkafka, ...instance },
    });
    group.members.push(actor);
    await actor.start();
    return actor;
  }

  member(groupName, number) {
    const actor = this.groups.get(groupName)?.members[number - 1];
    if (!actor) throw new Error(`no member ${number} in ${groupName}`);
    return actor;
  }

  /** Waits until every producer got new acknowledgements and every group handled new messages. */
  async flows(limit = FLOW_LIMIT) {
    const before = this.#progress();
    const asked = now();
    const until = asked + limit;
    for (;;) {
      const stuck = this.#progress().filter(({ done, need }, n) => done < (before[n]?.done ?? 0) + need);
      if (stuck.length === 0) break;
      if (now() > until) {
        this.problems.push(`nothing more of ${stuck.map(({ name }) => name).join(', ')} within ${limit / 1000} s`);
        break;
      }
      await sleep(100);
    }
    this.recoveries.push(Math.round(now() - asked));
  }

  /** Waits until the events that all members have told since the beginning fulfil the condition; false: they did not. */
  async until(what, condition, limit) {
    const until = now() + limit;
    const members = [...this.groups.values()].flatMap((group) => group.members);
    for (;;) {
      const events = {};
      for (const [kind, type] of members.flatMap((member) => this.#all(member))) {
        if (kind === 'e') events[type] = (events[type] ?? 0) + 1;
      }
      if (condition(events)) return true;
      if (now() > until) {
        this.problems.push(`not within ${limit / 1000} s: ${what}`);
        return false;
      }
      await sleep(200);
    }
  }

  #progress() {
    const of = ({ latest }) => (latest.acked ?? 0) + (latest.handled ?? 0);
    const producers = this.producers.map(({ actor, settings }) => ({
      name: actor.name,
      done: of(actor),
      need: settings.size * settings.burst,
    }));
    const groups = [...this.groups.values()].map(({ name, members }) => ({
      name,
      done: members.reduce((sum, member) => sum + of(member), 0),
      need: 20,
    }));
    return [...producers, ...groups];
  }

  /** No more sends; waits until those that were made have settled. */
  async quiesce(limit = SETTLE_LIMIT) {
    for (const { actor } of this.producers) actor.quiesce();
    const until = now() + limit;
    await sleep(500);
    while (this.producers.some(({ actor }) => actor.running && actor.latest.open > 0) && now() < until)
      await sleep(100);
  }

  /** The end: everything is stopped in order, the oracle is asked, the judges judge. */
  async close() {
    const closing = now();
    await this.quiesce();
    this.note('no more sends');
    const ends = [];
    for (const { actor } of this.producers) ends.push(await this.#end(actor));
    await this.cluster.heal();
    const logs = [];
    for (const { settings, topic } of this.producers) {
      logs.push(await askOracle(this.cluster, { topic, run: settings.run }));
    }
    if (this.groups.size > 0) await this.#catchUp(logs[0]);
    const members = [...this.groups.values()].flatMap((group) => group.members).filter((actor) => actor.running);
    ends.push(...(await Promise.all(members.map((actor) => this.#end(actor)))));
    const producing = this.producers.map(({ actor, settings }, n) => ({
      name: actor.name,
      client: settings.client,
      api: settings.api ?? (settings.size > 1 ? 'batch' : 'single'),
      rate: Math.round((settings.size * settings.burst * 1_000) / settings.everyMs),
      partitions: this.scenario.partitions ?? 6,
      ...judgeProducing(sendsOf(this.#all(actor)), logs[n]),
    }));
    const consuming = this.groups.size > 0 ? await this.#judgeGroups(closing) : [];
    return { producing, consuming, ends };
  }

  async #end(actor) {
    const end = await actor.stop();
    const closed = this.#all(actor).findLast(([kind]) => kind === 'x')?.[2];
    return { name: actor.name, ...end, closeMs: closed };
  }

  /** Waits until every group has handled every record once. */
  async #catchUp(log) {
    const places = log.records.filter(({ id }) => id >= 0).length;
    const limit = this.scenario.catchUpMs?.(this) ?? CATCH_UP_LIMIT;
    const until = now() + limit;
    for (;;) {
      const behind = [...this.groups.values()].filter((group) => this.#handled(group) < places);
      if (behind.length === 0) return;
      if (now() > until) {
        this.problems.push(`${behind.map(({ name }) => name).join(', ')} had not handled all after ${limit} ms`);
        return;
      }
      await sleep(200);
    }
  }

  #handled({ members }) {
    const places = new Set();
    for (const actor of members) {
      for (const [kind, partition, offset] of this.#all(actor)) if (kind === 'h') places.add(`${partition}:${offset}`);
    }
    return places.size;
  }

  /** The whole journal so far. */
  #all(actor) {
    const known = this.#entries.get(actor) ?? [];
    for (const entry of actor.news()) known.push(entry);
    this.#entries.set(actor, known);
    return known;
  }

  async #judgeGroups(closing) {
    const [{ actor, settings, topic }] = this.producers;
    const ids = [...this.groups.keys()].map((name) => `${this.run}.${name}`);
    const log = await askOracle(this.cluster, { topic, run: settings.run, groups: ids });
    const available = new Map();
    for (const { first, count: size, acks } of sendsOf(this.#all(actor)).values()) {
      if (acks[0]) for (let id = first; id < first + size; id++) available.set(id, acks[0].t);
    }
    return [...this.groups.values()].map(({ name, members }) => {
      const id = `${this.run}.${name}`;
      const deliveries = members.flatMap((member) => deliveriesOf(member.name, this.#all(member)));
      const committed = log.committed.get(id) ?? new Map();
      const told = members.flatMap((member) => this.#all(member).filter(([kind]) => kind === 'e'));
      const events = {};
      for (const [, type, t] of told) {
        if (t > this.#settledAt && t < closing) events[type] = (events[type] ?? 0) + 1;
      }
      return {
        name,
        members: members.length,
        ...judgeConsuming(deliveries, log, { available, committed }),
        events,
        state: log.groups.get(id),
      };
    });
  }

  /** What the processes printed, for those who look for the cause of something. */
  keepLogs(folder) {
    rmSync(folder, { recursive: true, force: true });
    cpSync(this.folder, folder, { recursive: true });
  }

  /** Nothing may stay, however the scenario ended. */
  async abandon() {
    const actors = [
      ...this.producers.map(({ actor }) => actor),
      ...[...this.groups.values()].flatMap(({ members }) => members),
    ];
    await Promise.all(actors.filter((actor) => actor.running).map((actor) => actor.kill9()));
    for (const actor of actors) actor.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
