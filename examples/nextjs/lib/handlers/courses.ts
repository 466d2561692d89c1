import { courseTitle, isCourse } from '@/lib/courses';
import { kafkaProducerService, type MessageHandler } from '@/lib/kafka';
import { isId } from '@/lib/validate/fields';
import type { HandlerContext } from '.';
import { count } from './count';
import { type Envelope, envelopeOf, idOf, nameOf } from './envelope';

/** course-events: enrolments end in the store, exactly once, and their owner is told. */
export function courseHandler(context: HandlerContext): MessageHandler {
  const { hub } = context.state;
  return async (payload) => {
    const { topic, partition, message } = payload;
    const event = envelopeOf(message);
    if (!event) return;
    const id = idOf(topic, partition, message.offset);
    const enrols = event.eventType === 'course.enrolled' && isCourse(event.courseId) && isId(event.userId);
    if (enrols) await enrol(context, event, { topic, partition, offset: message.offset });
    const text = enrols ? `enrolled in ${courseTitle(event.courseId)}` : `${event.eventType} · ${event.courseId}`;
    await count(context, payload);
    hub.event('course', event.timestamp, { id, series: 'course', name: nameOf(event), text, at: event.timestamp });
  };
}

type Place = { topic: string; partition: number; offset: string };

async function enrol({ state, cluster }: HandlerContext, event: Envelope, place: Place): Promise<void> {
  const { courseId, userId, timestamp } = event;
  // Throws when the database is away: the event is not done then, and comes again.
  await state.enrolments.record({ cluster, ...place }, { courseId, userId, at: timestamp });
  state.hub.broadcast({ kind: 'enrolled', value: { courseId, userId } });
  // The event may be here for the second time: the notification's id is made of it, so that it is shown once.
  await kafkaProducerService.publishNotificationEvent('course.welcome', userId, {
    id: `welcome/${cluster}/${idOf(place.topic, place.partition, place.offset)}`,
    text: `Welcome to ${courseTitle(courseId)}. Your seat is confirmed.`,
    from: 'EDU Matrix',
  });
}
