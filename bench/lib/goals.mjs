// What kafka4 must reach, within one run: against librdkafka driven from Rust, against the best of the other clients,
// against KafkaJS, against itself with less to do, and in figures of its own.

import { best, ratio, spread, succeeded } from './statistics.mjs';

export const LIMIT = 'native';
export const OURS = 'kafka4';
/** Ours by KafkaJS's API. */
const OURS_AS_KAFKAJS = 'kafka4-kafkajs';
/** Neither the limit nor ourselves. */
export const isPeer = (name) => ![LIMIT, OURS, OURS_AS_KAFKAJS].includes(name);

export const rate = (run) => run.rate;
export const cpu = (run) => run.cpuUs;
export const p50 = (run) => run.latencyMs?.p50;
export const p99 = (run) => run.latencyMs?.p99;
const rss = (run) => run.rssMb;
/** Growth over twice the payload. */
const overPayload = (run) => run.growthMb - (2 * run.messages * 100) / 2 ** 20;
const unsettled = (run) => Math.abs(run.settled - run.delivered - (run.refused.ERR_KAFKA_QUEUE_FULL ?? 0));

const NATIVE = LIMIT;
const BEST = 'best peer';
const KAFKAJS = 'kafkajs';

/** `of`: a row, the best peer, another workload of ours (`workload:`), or nothing for a figure. */
export const GOALS = [
  goal('consume-batch', 'rate', rate, '≥', 0.9, NATIVE),
  goal('consume-batch', 'CPU a message', cpu, '≤', 1.3, NATIVE),
  goal('consume-batch', 'rate', rate, '≥', 3.5, BEST),
  goal('consume-batch', 'peak RSS in MB', rss, '≤', 130),
  goal('consume-message', 'rate', rate, '≥', 3, KAFKAJS),
  goal('consume-json', 'rate', rate, '≥', 1.8, BEST),
  goal('produce-1000', 'rate', rate, '≥', 4, BEST),
  goal('produce-1000', 'CPU a message', cpu, '≤', 1.3, NATIVE),
  goal('produce-1', 'rate', rate, '≥', 4, BEST),
  goal('consume-batch', 'rate by KafkaJS’s API', rate, '≥', 0.9, OURS, OURS_AS_KAFKAJS),
  goal('produce-1000', 'rate by KafkaJS’s API', rate, '≥', 0.85, OURS, OURS_AS_KAFKAJS),
  goal('flood', 'rate', rate, '≥', 4, KAFKAJS),
  goal('latency', 'p50', p50, '≤', 1, BEST),
  goal('latency', 'p99', p99, '≤', 1, BEST),
  goal('handler', 'p50 in ms', p50, '≤', 0.6),
  goal('handler', 'p99 in ms', p99, '≤', 3),
  goal('produce-partitions-1000', 'CPU a message', cpu, '≤', 1.5, 'workload:produce-partitions-6'),
  goal('consume-partitions-1000', 'CPU a message', cpu, '≤', 1.5, 'workload:consume-partitions-6'),
  goal('produce-topics-200', 'CPU a message', cpu, '≤', 1.5, 'workload:produce-partitions-6'),
  goal('consume-topics-200', 'CPU a message', cpu, '≤', 1.5, 'workload:consume-partitions-6'),
  goal('burst', 'MB above twice the payload', overPayload, '≤', 100),
  goal('burst', 'sends that neither were acknowledged nor refused by ERR_KAFKA_QUEUE_FULL', unsettled, '≤', 0),
];

function goal(workload, what, pick, sign, bound, of, row = OURS) {
  return { workload, what, pick, sign, bound, of, row };
}

/** The goals whose workloads were run, with what was reached; `reached` is undefined where there is nothing to compare. */
export function judge(workloads, titles) {
  const by = (name) => workloads.find((workload) => workload.name === name);
  return GOALS.filter(({ workload, row }) => by(workload)?.runs[row]).map((goal) => {
    const { title, runs } = by(goal.workload);
    const own = runs[goal.row];
    const { reached, of } = compared(goal, own, runs, by, titles);
    const worst = own.find((run) => !succeeded(run));
    const met =
      reached !== undefined &&
      worst === undefined &&
      (goal.sign === '≥' ? reached >= goal.bound : reached <= goal.bound);
    const text = `${goal.what} ${goal.sign} ${goal.bound}${of === undefined ? '' : ` × ${of}`}`;
    return { work: title, goal: text, reached, ratio: of !== undefined, met: reached === undefined ? undefined : met };
  });
}

function compared({ pick, sign, of }, own, runs, by, titles) {
  if (of === undefined) return { reached: spread(own, pick)?.median };
  if (of.startsWith('workload:')) {
    const other = by(of.slice('workload:'.length));
    return { reached: ratio(own, other?.runs[OURS], pick), of: other?.title ?? of };
  }
  const name = of === BEST ? best(runs, pick, sign === '≥', isPeer) : of;
  if (of !== BEST) return { reached: ratio(own, runs[of], pick), of: titles[of] ?? of };
  return { reached: name && ratio(own, runs[name], pick), of: name ? `best peer (${titles[name]})` : BEST };
}
