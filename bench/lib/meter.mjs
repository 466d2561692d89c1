// Time, CPU of the whole process (user + system) and of its JavaScript thread, the event loop's busy time and memory.

import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** ns of CPU that the main thread has had; undefined where the system does not tell (it is no Linux). */
function threadNs() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return undefined;
  }
}

export class Meter {
  #at = performance.now();
  #cpu = process.cpuUsage();
  #thread = threadNs();
  #loop = performance.eventLoopUtilization();

  get seconds() {
    return (performance.now() - this.#at) / 1000;
  }

  /** The fields that every adapter reports; times a message in µs. */
  stop(messages) {
    const seconds = this.seconds;
    const { user, system } = process.cpuUsage(this.#cpu);
    const loop = performance.eventLoopUtilization(this.#loop);
    const thread = threadNs();
    return {
      messages,
      seconds,
      rate: messages / seconds,
      cpuUs: (user + system) / messages,
      threadUs: thread === undefined ? undefined : (thread - this.#thread) / 1000 / messages,
      loopUs: (loop.active * 1000) / messages,
      rssMb: process.resourceUsage().maxRSS / 1024,
    };
  }
}

/** Percentiles of times in ms; sorts them. */
export function percentiles(times) {
  times.sort();
  const at = (share) => times[Math.min(Math.max(Math.ceil(times.length * share), 1), times.length) - 1];
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
