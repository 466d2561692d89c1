/** Counters of the fakes, in the shape of the metrics. */
import type { Kafka4Metrics, Percentiles } from '../../kafka/shapes.js';

/** Times that percentiles are made of: the newest. */
const MOST_TIMES = 10_000;

class Times {
  readonly #ms: number[] = [];
  #count = 0;
  #sum = 0;

  add(ms: number, times = 1): void {
    this.#count += times;
    this.#sum += ms * times;
    this.#ms.push(ms);
    if (this.#ms.length > MOST_TIMES) this.#ms.shift();
  }

  percentiles(): Percentiles {
    const sorted = [...this.#ms].sort((one, other) => one - other);
    const at = (share: number): number => sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count;
    return { count: this.#count, mean, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? 0 };
  }
}

const COUNTERS = [
  'produced',
  'producedBytes',
  'produceErrors',
  'produceRetries',
  'transactionsCommitted',
  'transactionsAborted',
  'consumed',
  'consumedBytes',
  'handled',
  'handlerErrors',
  'handlerRetries',
  'deadLetters',
  'commits',
  'commitErrors',
  'rebalances',
  'stalls',
  'connectionErrors',
] as const;

type Counter = (typeof COUNTERS)[number];

/** Where the name in Prometheus is not that of the metric in snake case. */
const PROMETHEUS: Partial<Record<Counter, string>> = {
  produced: 'produced_messages',
  consumed: 'consumed_messages',
  handled: 'handled_messages',
  commits: 'offset_commits',
  commitErrors: 'offset_commit_errors',
};

export class Telemetry {
  readonly #counts = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<Counter, number>;
  readonly #begun = performance.now();
  readonly publishTimes = new Times();
  readonly handlerTimes = new Times();

  count(name: Counter, by = 1): void {
    this.#counts[name] += by;
  }

  /** Everything but what the consumers hold. */
  snapshot(): Omit<
    Kafka4Metrics,
    'producerInFlight' | 'consumerQueued' | 'consumerInHandlers' | 'consumerLag' | 'consumers'
  > {
    const seconds = Math.max((performance.now() - this.#begun) / 1000, 0.001);
    return {
      ...this.#counts,
      produceRate: this.#counts.produced / seconds,
      handleRate: this.#counts.handled / seconds,
      publishLatency: this.publishTimes.percentiles(),
      handlerLatency: this.handlerTimes.percentiles(),
    };
  }

  prometheus(gauges: Record<string, number>): string {
    const lines: string[] = [];
    const sample = (name: string, type: string, value: number): void => {
      lines.push(`# HELP ${name} Of the fakes of kafka4/testing.`, `# TYPE ${name} ${type}`, `${name} ${value}`);
    };
    for (const name of COUNTERS) {
      const own = PROMETHEUS[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      sample(`kafka4_${own}_total`, 'counter', this.#counts[name]);
    }
    for (const [name, times] of [
      ['kafka4_publish_latency_seconds', this.publishTimes],
      ['kafka4_handler_latency_seconds', this.handlerTimes],
    ] as const) {
      const { p50, p95, p99, mean, count } = times.percentiles();
      lines.push(`# HELP ${name} Of the fakes of kafka4/testing.`, `# TYPE ${name} summary`);
      const quantiles = { '0.5': p50, '0.95': p95, '0.99': p99 };
      for (const [quantile, ms] of Object.entries(quantiles))
        lines.push(`${name}{quantile="${quantile}"} ${ms / 1000}`);
      lines.push(`${name}_sum ${(mean * count) / 1000}`, `${name}_count ${count}`);
    }
    for (const [name, value] of Object.entries(gauges)) sample(`kafka4_${name}`, 'gauge', value);
    return `${lines.join('\n')}\n`;
  }
}
