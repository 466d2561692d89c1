import type { MessageHandler } from '@/lib/kafka';
import type { HandlerContext } from '.';
import { count } from './count';
import { envelopeOf, idOf, nameOf } from './envelope';

const WORDS: Record<string, string> = { 'user.logged_in': 'logged in', 'user.logged_out': 'logged out' };

/** user-events: who comes and goes. */
export function userHandler(context: HandlerContext): MessageHandler {
  return async (payload) => {
    const { topic, partition, message } = payload;
    const event = envelopeOf(message);
    if (!event) return;
    const text = WORDS[event.eventType] ?? event.eventType;
    const id = idOf(topic, partition, message.offset);
    await count(context, payload);
    context.state.hub.event('user', event.timestamp, {
      id,
      series: 'user',
      name: nameOf(event),
      text,
      at: event.timestamp,
    });
  };
}
