// From the handlers to every open page of this server, with a short memory for pages that come later.

import { EventChart } from './chart';
import { History } from './history';
import type { Activity, ChatLine, LiveEvent, Notice, Series } from './types';

export interface Listener {
  userId: string;
  send(event: LiveEvent): void;
  /** Ends the stream from our side. */
  close(): void;
}

const CHAT_KEPT = 200;
const NOTICES_KEPT = 200;
const ACTIVITY_KEPT = 60;

export class LiveHub {
  readonly chart = new EventChart();
  readonly #listeners = new Set<Listener>();
  readonly #chat = new History<ChatLine>(CHAT_KEPT);
  readonly #notices = new History<Notice>(NOTICES_KEPT);
  readonly #activity = new History<Activity>(ACTIVITY_KEPT);

  /** Returns the function that takes it away; more calls of it do nothing. */
  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  get online(): number {
    return new Set([...this.#listeners].map(({ userId }) => userId)).size;
  }

  /** Counts an event for the chart and, where there is something to tell, tells it. */
  event(series: Series, at: string, activity?: Activity): void {
    this.chart.count(series, at);
    if (activity && this.#activity.add(activity)) this.broadcast({ kind: 'activity', value: activity });
  }

  chat(line: ChatLine): void {
    if (this.#chat.add(line)) this.broadcast({ kind: 'chat', value: line });
  }

  /** Only its recipient sees it. */
  notice(notice: Notice): void {
    if (!this.#notices.add(notice)) return;
    for (const listener of this.#listeners) {
      if (listener.userId === notice.recipientId) listener.send({ kind: 'notice', value: notice });
    }
  }

  broadcast(event: LiveEvent): void {
    for (const listener of this.#listeners) listener.send(event);
  }

  /** What a page of this person shows at once. */
  memory(userId: string): { chat: ChatLine[]; notices: Notice[]; activity: Activity[] } {
    return {
      chat: this.#chat.list(),
      notices: this.#notices.list().filter((notice) => notice.recipientId === userId),
      activity: this.#activity.list(),
    };
  }

  closeAll(): void {
    for (const listener of [...this.#listeners]) listener.close();
  }
}
