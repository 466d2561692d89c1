import type { MessageHandler } from '@/lib/kafka';
import type { HandlerContext } from '.';
import { count } from './count';
import { envelopeOf, idOf, said } from './envelope';

/** notification-events: to the pages of their recipient. */
export function notificationHandler(context: HandlerContext): MessageHandler {
  const { hub } = context.state;
  return async (payload) => {
    const { topic, partition, message } = payload;
    const event = envelopeOf(message);
    if (!event) return;
    const { recipientId, eventType: type, timestamp: at } = event;
    const id = said(event, 'id') || idOf(topic, partition, message.offset);
    hub.notice({ id, recipientId, type, text: said(event, 'text'), from: said(event, 'from') || 'EDU Matrix', at });
    await count(context, payload);
    hub.event('notification', at);
  };
}
