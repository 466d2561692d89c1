// What kafka4 promises, held against a verdict: the differences in words.

/** Between a delivery timeout and the report of it: librdkafka looks once a second. */
const REPORT_MS = 3_000;

/** After a kill a group may repeat what was handled since the last commit: a second of it, and what delays the commit. */
const REPEAT_SECONDS = 3;

/** After a network that was silent for longer than a session, also what had piled up and came before the member heard. */
const BACKLOG_SECONDS = 20;

/** Of messages, the fullest partition has more than its share. */
const UNEVEN = 2;

/** How long a client may take to close at the end of a scenario, when all is well again. */
const CLOSE_MS = 10_000;

const ZERO_OF_PRODUCERS = {
  lost: 'acknowledged and not in the log',
  duplicates: 'stored twice',
  outOfOrder: 'stored out of order within their key',
  scattered: 'keys in two partitions',
  wronglyDenied: 'told not to be stored, and stored',
  wronglyClaimed: 'told to be stored, and not stored',
  unsettled: 'sends never settled',
  settledTwice: 'sends settled twice',
  misplaced: 'acknowledged with a place that holds something else',
  strangers: 'stored, and sent by nobody',
};

const ZERO_OF_GROUPS = {
  lost: 'stored and handled by nobody',
  outOfOrder: 'handled for the first time out of order',
  wrong: 'handled with another content than the log has',
  committedUnhandled: 'committed and handled by nobody',
  uncommitted: 'handled and not committed, although all members left in order',
};

/**
 * @param {any} result  of a scenario
 * @param {import('../scenarios/table.mjs').Expectations} expects
 * @returns {string[]} empty: all promises were kept
 */
export function violations(result, expects) {
  return [
    ...result.problems,
    ...result.producing.flatMap((verdict) => ofProducer(verdict, expects)),
    ...result.consuming.flatMap((verdict) => ofGroup(verdict, result, expects)),
    ...result.ends.flatMap(ofEnd),
    ...missingEvents(result, expects),
  ];
}

function zeros(demands, verdict) {
  return Object.entries(demands)
    .filter(([name]) => verdict[name] !== 0)
    .map(([name, words]) => `${verdict.name}: ${verdict[name]} ${words} (${verdict.examples[name]?.join(', ')})`);
}

function ofProducer(verdict, { rejections }) {
  const found = zeros(ZERO_OF_PRODUCERS, verdict);
  if (verdict.acked === 0) found.push(`${verdict.name}: nothing was acknowledged`);
  if (!rejections) {
    if (verdict.rejected > 0) found.push(`${verdict.name}: ${verdict.rejected} rejected ${errorsOf(verdict)}`);
    return found;
  }
  const { name, code, withinMs } = rejections;
  if (verdict.rejected === 0) found.push(`${verdict.name}: nothing was rejected, so the outage was none`);
  const others = Object.keys(verdict.errors).filter((error) => error !== `${name} ${code}`);
  if (others.length > 0) found.push(`${verdict.name}: rejected with ${errorsOf(verdict)}, expected ${name} ${code}`);
  const slowest = Math.max(verdict.slowestRejection, verdict.slowestAck);
  if (slowest > withinMs + REPORT_MS) {
    found.push(`${verdict.name}: settled after ${slowest} ms, the delivery timeout is ${withinMs} ms`);
  }
  return found;
}

const errorsOf = ({ errors }) =>
  Object.entries(errors)
    .map(([error, times]) => `${times} × ${error}`)
    .join(', ');

function ofGroup(verdict, { kills, producing }, { duplicates = 'none', revocations, kept }) {
  const found = zeros(ZERO_OF_GROUPS, verdict);
  const at = `${verdict.name}: `;
  if (verdict.handled === 0) found.push(`${at}nothing was handled`);
  const allowed = allowedRepeats(duplicates, kills, producing[0]);
  if (verdict.mostDuplicatesOfPartition > allowed) {
    const most = verdict.mostDuplicatesOfPartition;
    found.push(`${at}${verdict.duplicates} came twice, ${most} of one partition, at most ${allowed} may`);
  }
  if (revocations === 'none' && (verdict.events.partitionsRevoked ?? 0) > 0) {
    found.push(`${at}${verdict.events.partitionsRevoked} revocations, although nobody came or went`);
  }
  if (kept !== undefined && verdict.longestStallOfKept > kept) {
    found.push(`${at}a partition that never changed hands stood still for ${verdict.longestStallOfKept} ms`);
  }
  for (const bad of ['fatal', 'stopped', 'deadLettered']) {
    if (verdict.events[bad]) found.push(`${at}${verdict.events[bad]} × ${bad}`);
  }
  return found;
}

/** In one partition. */
function allowedRepeats(duplicates, kills, { rate, partitions }) {
  const times = { none: 0, kills: kills * REPEAT_SECONDS, 'one rewind': REPEAT_SECONDS, backlog: BACKLOG_SECONDS };
  return Math.ceil((rate / partitions) * UNEVEN * times[duplicates]);
}

function ofEnd({ name, code, signal, hung, closeMs }) {
  if (hung) return [`${name} did not end`];
  if (code !== 0) return [`${name} ended with ${signal ?? `code ${code}`}`];
  return closeMs > CLOSE_MS ? [`${name} took ${closeMs} ms to close`] : [];
}

function missingEvents({ consuming }, { events = [] }) {
  return consuming.flatMap(({ name, events: told }) =>
    events.filter((event) => !told[event]).map((event) => `${name}: the event ${event} was not told`),
  );
}

/**
 * The demands in words, for the report.
 *
 * @param {import('../scenarios/table.mjs').Expectations} expects
 * @param {any} result  of the scenario
 */
export function demandsOn(
  { rejections, duplicates = 'none', revocations, kept, events = [] },
  { kills, producing, consuming },
) {
  const words = ['nothing acknowledged is lost, stored twice or out of order in its key', 'every send settles once'];
  if (rejections) {
    const { name, code, withinMs } = rejections;
    words.push(`what is rejected is so by a ${name} ${code} within ${(withinMs + REPORT_MS) / 1_000} s`);
  } else words.push('nothing is rejected');
  if (consuming.length > 0) {
    words.push('groups lose nothing, handle nothing out of order and commit nothing that was not handled');
    const allowed = producing.length > 0 ? allowedRepeats(duplicates, kills, producing[0]) : 0;
    words.push(
      duplicates === 'none' ? 'and handle nothing twice' : `and handle at most ${allowed} of a partition twice`,
    );
  }
  if (revocations === 'none') words.push('no partition is revoked');
  if (kept !== undefined) words.push(`a partition that keeps its member stands still for ${kept / 1_000} s at most`);
  if (events.length > 0) words.push(`the events ${events.join(', ')} are told`);
  return `${words.join('; ')}; every process closes within ${CLOSE_MS / 1_000} s and ends with code 0`;
}
