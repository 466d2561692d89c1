// Judges a producer: what it said against what the log holds. Pure: journal and log in, verdict out.

import { longestWait } from './stall.mjs';

/**
 * @typedef {object} Send
 * @property {number} first
 * @property {number} count
 * @property {number} t
 * @property {{ t: number, places: [number, number][] }[]} acks
 * @property {{ t: number, error: any }[]} rejections
 */

/** @param {any[][]} entries  of the journal @returns {Map<number, Send>} by first id */
export function sendsOf(entries) {
  const sends = new Map();
  for (const [kind, first, ...rest] of entries) {
    if (kind === 's') sends.set(first, { first, count: rest[0], t: rest[1], acks: [], rejections: [] });
    else if (kind === 'a') sends.get(first)?.acks.push({ t: rest[0], places: rest[1] ?? [] });
    else if (kind === 'r') sends.get(first)?.rejections.push({ t: rest[0], error: rest[1] });
  }
  return sends;
}

/**
 * @param {Map<number, Send>} sends
 * @param {import('../oracle/oracle.mjs').Log} log
 */
export function judgeProducing(sends, log) {
  const verdict = {
    sent: 0,
    acked: 0,
    rejected: 0,
    stored: 0,
    /** Acknowledged, and not in the log. */
    lost: 0,
    /** Records beyond the first of a message. */
    duplicates: 0,
    /** First records of messages that stand behind a later message of their key. */
    outOfOrder: 0,
    /** Keys in more than one partition. */
    scattered: 0,
    /** Rejected, and in the log. */
    rejectedButStored: 0,
    /** The rejection said of the message that it was not stored, and it is in the log. */
    wronglyDenied: 0,
    /** The rejection said of the message that it was stored, and it is not in the log. */
    wronglyClaimed: 0,
    /** Sends that never settled; that settled more than once. */
    unsettled: 0,
    settledTwice: 0,
    /** Places in acknowledgements where the log has nothing of the send. */
    misplaced: 0,
    /** Records that nobody sent. */
    strangers: 0,
    longestWithoutAck: 0,
    slowestAck: 0,
    slowestRejection: 0,
    /** How often each error came. @type {Record<string, number>} */
    errors: {},
    /** A few ids of each finding, for those who look for the cause. @type {Record<string, number[]>} */
    examples: {},
  };
  const found = (what, id) => {
    verdict[what] += 1;
    verdict.examples[what] ??= [];
    if (verdict.examples[what].length < 10) verdict.examples[what].push(id);
  };
  const stored = readLog(sends, log, verdict, found);
  for (const send of sends.values()) judgeSend(send, stored, verdict, found);
  const acks = [...sends.values()].flatMap(({ t, acks: [ack] }) => (ack ? [{ t: ack.t, since: t }] : []));
  verdict.longestWithoutAck = Math.round(longestWait(acks));
  return verdict;
}

/** What the log says by itself: order, duplicates, strangers. Gives how often each id is in it, and where. */
function readLog(sends, log, verdict, found) {
  const known = new Set();
  for (const { first, count } of sends.values()) for (let i = 0; i < count; i++) known.add(first + i);
  /** @type {Set<number>} */
  const ids = new Set();
  const places = new Map();
  const keys = new Map();
  for (const { partition, offset, id, key } of log.records) {
    if (id < 0) continue;
    places.set(`${partition}:${offset}`, id);
    if (!known.has(id)) found('strangers', id);
    if (ids.has(id)) {
      found('duplicates', id);
      continue;
    }
    ids.add(id);
    const last = keys.get(key);
    if (last === undefined) keys.set(key, { id, partition, scattered: false });
    else if (last.partition !== partition) {
      if (!last.scattered) found('scattered', id);
      last.scattered = true;
    } else if (id < last.id) found('outOfOrder', id);
    else last.id = id;
  }
  verdict.stored = ids.size;
  return { ids, places };
}

function judgeSend({ first, count, t, acks, rejections }, stored, verdict, found) {
  verdict.sent += count;
  const settled = acks.length + rejections.length;
  if (settled === 0) found('unsettled', first);
  if (settled > 1) found('settledTwice', first);
  const [ack] = acks;
  const [rejection] = rejections;
  if (ack) {
    verdict.acked += count;
    verdict.slowestAck = Math.max(verdict.slowestAck, Math.round(ack.t - t));
    for (let id = first; id < first + count; id++) if (!stored.ids.has(id)) found('lost', id);
    for (const [partition, offset] of ack.places) {
      const id = stored.places.get(`${partition}:${offset}`);
      if (id === undefined || id < first || id >= first + count) found('misplaced', first);
    }
  } else if (rejection) {
    verdict.rejected += count;
    verdict.slowestRejection = Math.max(verdict.slowestRejection, Math.round(rejection.t - t));
    const { name, code, told } = rejection.error;
    const kind = `${name} ${code}`;
    verdict.errors[kind] = (verdict.errors[kind] ?? 0) + 1;
    for (let i = 0; i < count; i++) {
      const isStored = stored.ids.has(first + i);
      // A part of a batch may be stored, and be told so.
      if (isStored && told?.[i] !== 's') found('rejectedButStored', first + i);
      if (isStored && told?.[i] === 'n') found('wronglyDenied', first + i);
      if (!isStored && told?.[i] === 's') found('wronglyClaimed', first + i);
    }
  }
}
