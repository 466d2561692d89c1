'use server';

import { courseTitle } from '@/lib/courses';
import { Kafka4Error, kafkaProducerService } from '@/lib/kafka';
import { confirmed, NotConfirmedError, publish } from '@/lib/publish';
import { currentUser, signIn, signOut, type User } from '@/lib/session';
import { courseId, InputError, personId, roomId, stars, text } from '@/lib/validate/fields';

/** What a form is told. Empty: it went well. */
export interface Outcome {
  error?: string;
}

const CLICKS = 240;

export async function logIn(_: Outcome, form: FormData): Promise<Outcome> {
  return told(async () => {
    const name = text('name', form.get('name'), 40);
    const user: User = { id: personId('name', name), name };
    await publish({ kind: 'user', eventType: 'user.logged_in', data: {} }, user);
    await signIn(user);
  });
}

export async function logOut(): Promise<void> {
  const user = await currentUser();
  await signOut();
  // Whoever leaves does not wait for Kafka, and need not learn that it is away.
  if (user) await told(() => publish({ kind: 'user', eventType: 'user.logged_out', data: {} }, user));
}

export async function enrol(course: string): Promise<Outcome> {
  return asUser(async (user) => {
    const id = courseId(course);
    await publish(
      { kind: 'course', eventType: 'course.enrolled', courseId: id, data: { title: courseTitle(id) } },
      user,
    );
  });
}

export async function rate(course: string, given: number): Promise<Outcome> {
  return asUser(async (user) => {
    const event = {
      eventType: 'course.rated',
      courseId: courseId(course),
      userId: user.id,
      data: { stars: stars(given), name: user.name },
      timestamp: new Date().toISOString(),
    };
    const message = { key: event.courseId, value: JSON.stringify(event) };
    await confirmed(kafkaProducerService.publishBatch('course-ratings', [message]));
  });
}

export async function say(room: string, words: string): Promise<Outcome> {
  return asUser((user) => publish({ kind: 'chat', roomId: roomId(room), text: text('text', words, 500) }, user));
}

export async function notify(recipient: string, words: string): Promise<Outcome> {
  return asUser(async (user) => {
    const recipientId = personId('recipient', recipient);
    const data = { text: text('text', words, 200) };
    await publish({ kind: 'notification', eventType: 'message.direct', recipientId, data }, user);
  });
}

/** A class that works through a lesson: many analytics events in one batch. */
export async function simulate(): Promise<Outcome> {
  return asUser(async (user) => {
    const timestamp = new Date().toISOString();
    const messages = Array.from({ length: CLICKS }, (_, i) => {
      const entityId = `lesson-${i % 12}`;
      const event = { eventType: 'lesson.step', entityId, data: { step: i, by: user.id }, timestamp, version: '4.0' };
      return { key: entityId, value: JSON.stringify(event) };
    });
    await confirmed(kafkaProducerService.publishBatch('analytics-events', messages));
  });
}

async function asUser(work: (user: User) => Promise<unknown>): Promise<Outcome> {
  return told(async () => {
    const user = await currentUser();
    if (!user) throw new InputError('session', 'Please log in again.');
    await work(user);
  });
}

/** Errors that people can do something about become words; others are for the error page. */
async function told(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work();
    return {};
  } catch (error) {
    if (error instanceof InputError || error instanceof NotConfirmedError || error instanceof Kafka4Error) {
      return { error: error.message };
    }
    throw error;
  }
}
