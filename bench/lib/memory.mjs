// `--memory`: one process that sends and handles at a steady rate for minutes; its resident memory once a second.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runScript } from './child.mjs';
import { ENVIRONMENT } from './settings.mjs';
import { median, slope } from './statistics.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const PARTITIONS = 6;
/** What a process needs to reach its size: compilers, pools, the first garbage collections. */
const SETTLING_SECONDS = 60;
/** Seconds at each end whose medians are compared. */
const END_SECONDS = 60;
/** Less than this share of the rate was not the rate. */
const STEADY = 0.98;
/** The broker keeps this much of a partition: an hour of messages would fill the machine. */
const KEPT = 32 * 2 ** 20;

export async function measureMemory({ topics, broker, minutes, rate, say }) {
  const [topic] = await topics.create(1, PARTITIONS, [
    { name: 'retention.bytes', value: String(KEPT) },
    { name: 'segment.bytes', value: String(KEPT / 2) },
  ]);
  say(`${rate} messages a second for ${minutes} min`);
  const options = JSON.stringify({ topic, minutes, rate });
  const environment = { KAFKA_BROKER: broker.address, ...ENVIRONMENT };
  const limit = (minutes * 60 + 120) * 1000;
  const result = await runScript(join(here, 'lib/workloads/steady.mjs'), [options], environment, limit);
  const stored = await topics.written([topic]);
  if (stored !== result.sent || result.handled !== result.sent) {
    throw new Error(`${result.sent} messages were acknowledged, ${stored} are stored, ${result.handled} were handled`);
  }
  const reached = result.sent / (minutes * 60);
  if (reached < STEADY * rate) throw new Error(`${Math.round(reached)} messages a second were reached, not ${rate}`);
  const settling = Math.min(SETTLING_SECONDS, (minutes * 60) / 4);
  const ends = Math.min(END_SECONDS, (minutes * 60) / 4);
  const settled = result.samples.filter(({ second }) => second >= settling && second <= minutes * 60);
  const perMinute = (pick) => 60 * slope(settled.map((sample) => [sample.second, pick(sample)]));
  const medianOf = (from, to) =>
    median(settled.filter(({ second }) => second >= from && second <= to).map(({ rssMb }) => rssMb));
  return {
    ...result,
    minutes,
    rate,
    settling,
    ends,
    slopeMbAMinute: perMinute(({ rssMb }) => rssMb),
    heapSlopeMbAMinute: perMinute(({ heapMb }) => heapMb),
    growthMb: medianOf(minutes * 60 - ends, minutes * 60) - medianOf(settling, settling + ends),
    peakMb: Math.max(...result.samples.map(({ rssMb }) => rssMb)),
  };
}

export function memoryText(report) {
  const { minutes, rate, sent, handled, peakMb, settling, ends, growthMb, slopeMbAMinute, heapSlopeMbAMinute, cpuUs } =
    report;
  return [
    `Measured ${report.date} on ${report.machine}. ${report.broker}.`,
    '',
    '| memory at a steady rate | |',
    '| --- | ---: |',
    `| messages a second, minutes | ${rate.toLocaleString('en')}, ${minutes} |`,
    `| acknowledged, stored and handled | ${sent.toLocaleString('en')}, ${handled.toLocaleString('en')} |`,
    `| peak RSS MB | ${peakMb.toFixed(0)} |`,
    `| RSS growth MB a minute, after the first ${settling} s | ${slopeMbAMinute.toFixed(2)} |`,
    `| RSS MB of the last ${ends} s above that of the first ${ends} s after these (medians) | ${growthMb.toFixed(1)} |`,
    `| JavaScript heap growth MB a minute | ${heapSlopeMbAMinute.toFixed(2)} |`,
    `| CPU µs a message, sent and handled | ${cpuUs.toFixed(2)} |`,
  ].join('\n');
}
