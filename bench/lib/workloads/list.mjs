// The workloads: what is done, how often, and what the client is asked for. The loops are beside this file, one kind a
// file, the same for every JavaScript client; an adapter only says how its client sends and receives.

const PARTITIONS = 6;
const SIZE = 100;
const IN_FLIGHT = 16;
/** Consuming: the share of the topic that warms up the compilers on both sides. */
const WARM_SHARE = 0.2;

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} title
 * @property {string} group
 * @property {'consume' | 'produce' | 'latency' | 'handler' | 'flood' | 'crossing' | 'burst'} kind
 * @property {Record<string, any>} options for the worker; `messages` is made total and warm-up by `sized`
 * @property {number} messages measured in a normal run
 * @property {number} [rounds] where fewer than the others' are enough
 * @property {{ name: string, count: number }} [series] its place in a table of growth
 */

/** @type {Workload[]} */
export const WORKLOADS = [
  consume('consume-batch', 'consume 100 B, batch handler', 3_000_000, { each: 'batch' }),
  consume('consume-message', 'consume 100 B, awaited handler a message', 3_000_000, { each: 'message' }),
  consume('consume-json', 'consume 200 B, JSON.parse of each value', 1_500_000, {
    each: 'batch',
    read: 'json',
    json: true,
    size: 200,
  }),
  consume('consume-1k', 'consume 1 KiB, batch handler', 600_000, { each: 'batch', size: 1_024 }),
  consume('consume-headers', 'consume 100 B with key and 3 headers, all read', 1_500_000, {
    each: 'batch',
    read: 'record',
    keys: true,
    headers: true,
  }),
  produce('produce-1000', 1_000, 1_500_000),
  produce('produce-100', 100, 800_000),
  produce('produce-10', 10, 400_000),
  produce('produce-1', 1, 120_000),
  produce('produce-headers', 1_000, 800_000, { keys: true, headers: true }, ' with key and 3 headers'),
  produce('produce-strings', 1_000, 1_500_000, { strings: true }, ', strings in place of Buffers'),
  {
    name: 'latency',
    title: 'one acknowledged message at a time',
    group: 'latency',
    kind: 'latency',
    messages: 8_000,
    options: { ...shape(1), inflight: 1 },
  },
  {
    name: 'handler',
    title: 'from send to handler, one message in flight, both in one process',
    group: 'latency',
    kind: 'handler',
    messages: 5_000,
    options: { ...shape(1), inflight: 1, each: 'message' },
  },
  flood('flood', 1, '1,000 un-awaited at a time'),
  flood('flood-16', 16, '1,000 un-awaited a round, 16 rounds in flight'),
  crossing('crossing-1000', 1_000, 1_000_000),
  crossing('crossing-1', 1, 100_000),
  ...[1, 6, 100, 1_000].flatMap((count) => series('partitions', 1, count)),
  ...[5, 50, 200].flatMap((count) => series('topics', count, 1)),
  {
    name: 'burst',
    title: '1,000,000 sends of 100 B, none awaited',
    group: 'burst',
    kind: 'burst',
    messages: 1_000_000,
    rounds: 1,
    options: { ...shape(1), inflight: 1 },
  },
];

export const GROUPS = [...new Set(WORKLOADS.map(({ group }) => group))];

function shape(batch) {
  return { batch, size: SIZE, topicCount: 1, partitions: PARTITIONS };
}

function consume(name, title, messages, options) {
  return { name, title, group: 'consume', kind: 'consume', messages, options: { ...shape(1), ...options } };
}

function produce(name, batch, messages, options = {}, more = '') {
  const title = `produce sends of ${batch.toLocaleString('en')} × ${SIZE} B${more}, ${IN_FLIGHT} in flight`;
  const all = { ...shape(batch), inflight: IN_FLIGHT, ...options };
  return { name, title, group: 'produce', kind: 'produce', messages, options: all };
}

function flood(name, inflight, more) {
  const options = { batch: 1_000, inflight };
  return { name, title: `publishUserEvent, ${more}`, group: 'flood', kind: 'flood', messages: 400_000, options };
}

/** kafka4 alone, its broker in the process: what the JavaScript thread pays for packing, the call and settling. */
function crossing(name, batch, messages) {
  const title = `crossing alone: sends of ${batch.toLocaleString('en')} × ${SIZE} B to the embedded broker`;
  return { name, title, group: 'crossing', kind: 'crossing', messages, options: { ...shape(batch), inflight: 16 } };
}

/** How CPU a message grows: keyed messages over many partitions, sends over many topics. */
function series(name, topicCount, partitions) {
  const count = Math.max(topicCount, partitions);
  const what = { group: name, messages: 500_000, rounds: undefined, series: { name, count } };
  const size = { topicCount, partitions };
  const title = `${count.toLocaleString('en')} ${name}`;
  const read = { ...shape(1), ...size, each: 'batch' };
  const write = { ...shape(1_000), ...size, inflight: IN_FLIGHT, keys: true };
  return [
    { ...what, name: `produce-${name}-${count}`, title: `produce to ${title}`, kind: 'produce', options: write },
    { ...what, name: `consume-${name}-${count}`, title: `consume from ${title}`, kind: 'consume', options: read },
  ];
}

/** The worker's options for a run of `messages`. */
export function sized({ kind, options }, messages) {
  const batch = Number(options.batch ?? 1);
  if (kind === 'consume') return { ...options, warmup: Math.floor(messages * WARM_SHARE), total: messages };
  if (kind === 'burst') return { ...options, warmup: 0, total: messages };
  // Each round measures a fresh process: a third on top lets the compilers finish before the clock starts.
  const warmup = whole(messages / 3, batch);
  return { ...options, warmup, total: warmup + whole(messages, batch) };
}

const whole = (messages, batch) => Math.ceil(messages / batch) * batch;

/** Runs one workload with an adapter's client and gives its result. */
export async function run(adapter, row, workload, options) {
  const { run } = await import(`./${workload.kind}.mjs`);
  return run(adapter, row, options);
}
