import { courseTitle, isCourse } from '@/lib/courses';
import type { MessageHandler } from '@/lib/kafka';
import type { HandlerContext } from '.';
import { count } from './count';
import { envelopeOf, idOf, nameOf } from './envelope';

/** course-ratings, a topic of this application's own: `{ courseId, userId, data: { stars, name } }`. */
export function ratingHandler(context: HandlerContext): MessageHandler {
  const { hub } = context.state;
  return async (payload) => {
    const { topic, partition, message } = payload;
    const event = envelopeOf(message);
    const stars = Number(event?.data.stars);
    if (!event || !isCourse(event.courseId) || !Number.isInteger(stars) || stars < 1 || stars > 5) return;
    const text = `gave ${courseTitle(event.courseId)} ${'★'.repeat(stars)}`;
    const id = idOf(topic, partition, message.offset);
    await count(context, payload, { [`stars:${event.courseId}`]: stars, [`ratings:${event.courseId}`]: 1 });
    hub.event('course', event.timestamp, { id, series: 'course', name: nameOf(event), text, at: event.timestamp });
  };
}
