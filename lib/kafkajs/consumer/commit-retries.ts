/** What follows a commit that did not work: it is made again, as KafkaJS's retries say, until they are used up. */
import type { Retry } from '../config/retry.js';
import type { OffsetToCommit } from './arguments.js';
import type { Commits } from './commits.js';
import { Failures, isRebalancing } from './failures.js';

export interface CommittingHost {
  readonly running: boolean;
  readonly retry: Retry;
  readonly commits: Commits;
  crash(error: Error): void;
}

const { setTimeout, clearTimeout } = globalThis;

export class CommitRetries {
  readonly #host: CommittingHost;
  /** Of commits that nobody waits for. */
  readonly #failures: Failures;
  #next: ReturnType<typeof setTimeout> | undefined;

  constructor(host: CommittingHost) {
    this.#host = host;
    this.#failures = new Failures(host.retry);
  }

  worked(): void {
    this.#failures.over();
  }

  failed(error: unknown): void {
    if (!this.#host.running || isRebalancing(error)) return;
    const verdict = this.#failures.next(error);
    if ('crash' in verdict) {
      this.#host.crash(verdict.crash);
      return;
    }
    clearTimeout(this.#next);
    this.#next = setTimeout(() => this.#host.commits.soon(), verdict.retryMs);
  }

  /** One that the application waits for; resolves also when the consumer stops meanwhile, as in KafkaJS. */
  async made(offsets: OffsetToCommit[]): Promise<void> {
    const failures = new Failures(this.#host.retry);
    while (this.#host.running) {
      try {
        return await this.#host.commits.these(offsets);
      } catch (error) {
        if (!this.#host.running) return;
        const verdict = failures.next(error);
        if ('crash' in verdict) throw verdict.crash;
        await new Promise((resolve) => void setTimeout(resolve, verdict.retryMs));
      }
    }
  }

  end(): void {
    clearTimeout(this.#next);
  }
}
