/** The border's member of a group, with promises; one from connect, or from run, to stop. */
import type { NativeGroupMember, NativeOffset } from '../../../index.js';
import type { Context } from '../../kafka/context.js';
import { check } from '../../kafka/errors.js';
import { native } from '../../kafka/native.js';
import { type Patience, QUIET_MS } from '../../kafka/patience.js';

export class Member {
  readonly native: NativeGroupMember;
  readonly context: Context;
  /** Topics that the core keeps with a beginning that the subscription has changed since: only a new member takes it. */
  outdated = false;

  /** Opens the handle; throws for settings that cannot be used. */
  constructor(context: Context, groupId: string, properties: Record<string, string>) {
    this.context = context;
    this.native = new (native().NativeGroupMember)(context.native, groupId, properties);
    check(this.native.error());
  }

  awaitBroker(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return this.context.mailbox.request<void>((id) => this.native.awaitBroker(id, timeoutMs), signal);
  }

  /** Topics, and whether each is read from its beginning. */
  async declare(topics: [name: string, fromBeginning: boolean][], signal?: AbortSignal): Promise<void> {
    await Promise.all(topics.map(([name, fromBeginning]) => this.#declare(name, fromBeginning, signal)));
  }

  async #declare(topic: string, fromBeginning: boolean, signal?: AbortSignal): Promise<void> {
    const { mailbox, timeout } = this.context;
    const fits = await mailbox.request<boolean>((id) => this.native.declare(id, topic, fromBeginning, timeout), signal);
    if (!fits) this.outdated = true;
  }

  topics(): Promise<string[]> {
    const { mailbox, timeout } = this.context;
    return mailbox.request<string[]>((id) => this.native.topics(id, timeout));
  }

  join(topics: string[], timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.context.mailbox.request<void>((id) => this.native.join(id, topics, timeoutMs), signal);
  }

  /** Resolves with the indices of the offsets that the brokers have; others belong to partitions that are gone. */
  commit(offsets: NativeOffset[], timeoutMs: number): Promise<number[]> {
    return this.context.mailbox.request<number[]>((id) => this.native.commit(id, offsets, timeoutMs, QUIET_MS));
  }

  close(timeoutMs: number, patience: Patience): Promise<void> {
    return this.context.mailbox.request<void>((id) => this.native.close(id, timeoutMs, patience.quietMs));
  }
}
