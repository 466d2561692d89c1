import type { MessageHandler } from '@/lib/kafka';
import type { HandlerContext } from '.';
import { count } from './count';
import { envelopeOf, idOf, nameOf, said } from './envelope';

/** chat-events: to every open page. The key is the room, so that lines of a room keep their order. */
export function chatHandler(context: HandlerContext): MessageHandler {
  const { hub } = context.state;
  return async (payload) => {
    const { topic, partition, message } = payload;
    const event = envelopeOf(message);
    if (!event) return;
    const { roomId, userId, timestamp: at } = event;
    const id = idOf(topic, partition, message.offset);
    hub.chat({ id, roomId, userId, name: nameOf(event), text: said(event, 'text'), at });
    await count(context, payload, { messages: 1 });
    // Behind what can fail: an event that comes again must not count twice in the chart.
    hub.event('chat', at);
  };
}
