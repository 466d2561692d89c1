// Judges a group: what its members handled against what the log holds. Pure: journals and log in, verdict out.

import { longestWait } from './stall.mjs';

/**
 * @typedef {{ member: string, partition: number, offset: number, id: number, t: number }} Delivery
 */

/** @param {string} member @param {any[][]} entries  of its journal @returns {Delivery[]} */
export function deliveriesOf(member, entries) {
  return entries
    .filter(([kind]) => kind === 'h')
    .map(([, partition, offset, id, t]) => ({ member, partition, offset, id, t }));
}

/**
 * @param {Delivery[]} deliveries                   of all members
 * @param {import('../oracle/oracle.mjs').Log} log
 * @param {object} [more]
 * @param {Map<number, number>} [more.available]     when each id was acknowledged to its producer; else its timestamp
 * @param {Map<number, number>} [more.committed]     offsets by partition, at the end
 */
export function judgeConsuming(deliveries, log, { available = new Map(), committed } = {}) {
  const verdict = {
    stored: 0,
    handled: 0,
    /** In the log, and handled by nobody. */
    lost: 0,
    /** Deliveries of a message beyond its first. */
    duplicates: 0,
    /** The most of them in one partition, and the most in a row. */
    mostDuplicatesOfPartition: 0,
    longestRepeat: 0,
    /** First deliveries of messages after a later message of their partition. */
    outOfOrder: 0,
    /** Deliveries of what the log does not hold at that place. */
    wrong: 0,
    /** Messages that would come to nobody if the group started now, and such as would come again. */
    committedUnhandled: 0,
    uncommitted: 0,
    /** Longest times in which messages waited and none was handled: of one partition, of any partition that one member
     * kept, of the whole group. */
    longestStallOfOne: 0,
    longestStallOfKept: 0,
    longestStallOfAll: 0,
    /** @type {Record<string, string[]>} */
    examples: {},
  };
  const found = (what, { partition, offset }) => {
    verdict[what] += 1;
    verdict.examples[what] ??= [];
    if (verdict.examples[what].length < 10) verdict.examples[what].push(`${partition}:${offset}`);
  };
  const records = log.records.filter(({ id }) => id >= 0);
  verdict.stored = records.length;
  verdict.handled = deliveries.length;
  const byPlace = new Map(records.map((record) => [`${record.partition}:${record.offset}`, record]));
  const firsts = readDeliveries(deliveries, byPlace, verdict, found);
  for (const record of records) if (!firsts.has(`${record.partition}:${record.offset}`)) found('lost', record);
  if (committed) judgeCommits(records, firsts, committed, found);
  stalls([...firsts.values()], byPlace, available, verdict);
  return verdict;
}

function readDeliveries(deliveries, byPlace, verdict, found) {
  // Within one member its journal's order counts; between members, time. The sort keeps what is equal in order.
  const sorted = [...deliveries].sort((a, b) => a.t - b.t);
  const firsts = new Map();
  const partitions = new Map();
  for (const delivery of sorted) {
    const place = `${delivery.partition}:${delivery.offset}`;
    if (byPlace.get(place)?.id !== delivery.id) {
      found('wrong', delivery);
      continue;
    }
    const partition = partitions.get(delivery.partition) ?? { last: -1, duplicates: 0, repeat: 0 };
    partitions.set(delivery.partition, partition);
    if (firsts.has(place)) {
      found('duplicates', delivery);
      partition.duplicates += 1;
      partition.repeat += 1;
      verdict.mostDuplicatesOfPartition = Math.max(verdict.mostDuplicatesOfPartition, partition.duplicates);
      verdict.longestRepeat = Math.max(verdict.longestRepeat, partition.repeat);
      continue;
    }
    firsts.set(place, delivery);
    partition.repeat = 0;
    if (delivery.offset < partition.last) found('outOfOrder', delivery);
    else partition.last = delivery.offset;
  }
  return firsts;
}

function judgeCommits(records, firsts, committed, found) {
  for (const record of records) {
    const isCommitted = record.offset < (committed.get(record.partition) ?? 0);
    const isHandled = firsts.has(`${record.partition}:${record.offset}`);
    if (isCommitted && !isHandled) found('committedUnhandled', record);
    if (!isCommitted && isHandled) found('uncommitted', record);
  }
}

function stalls(firsts, byPlace, available, verdict) {
  const events = firsts.map(({ partition, offset, id, member, t }) => {
    const since = available.get(id) ?? byPlace.get(`${partition}:${offset}`).timestamp;
    return { partition, offset, member, t, since };
  });
  verdict.longestStallOfAll = Math.round(longestWait(events));
  for (const all of grouped(events)) {
    verdict.longestStallOfOne = Math.max(verdict.longestStallOfOne, Math.round(longestWait(all)));
    // A partition that never changed hands has no reason to stand still.
    if (new Set(all.map(({ member }) => member)).size > 1) continue;
    verdict.longestStallOfKept = Math.max(verdict.longestStallOfKept, Math.round(longestWait(all)));
  }
}

function grouped(events) {
  const groups = new Map();
  for (const event of events) {
    const group = groups.get(event.partition);
    if (group) group.push(event);
    else groups.set(event.partition, [event]);
  }
  return groups.values();
}
