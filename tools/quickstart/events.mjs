// The events that the quickstart sends: a day at a school. Each one follows from its kind, its number and
// the run, so that whoever receives it can tell what must be in it without a copy being kept.

const NAMES = ['Ada', 'Björn', 'Chiara', 'Devi', 'Émile', 'Fatou', 'Guðrún', 'Hiro', 'Ines', 'Jürgen', 'Kenji', 'Ľuba'];
const COURSES = [
  'Linear Algebra',
  'Organic Chemistry',
  'World History',
  'Spanish B1',
  'Operating Systems',
  'Music Theory',
];
const LINES = [
  'Can somebody explain exercise 3?',
  'The slides of today are online 📚',
  'Danke, das war sehr klar!',
  '宿題はいつまでですか？',
  'I will bring the lab reports to the seminar.',
];

/** Spreads consecutive numbers, the same way in every run (Knuth's multiplicative hash). */
const pick = (list, number) => list[(Math.imul(number + 1, 2654435761) >>> 16) % list.length];
const among = (size, number) => (Math.imul(number + 1, 2654435761) >>> 12) % size;

/**
 * @typedef {object} SchoolEvent
 * @property {string} eventType
 * @property {string} id        of the key: user, course, recipient, room or entity
 * @property {string} [userId]  where the kind has a second id
 * @property {any} data
 */

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {string} topic
 * @property {number} partitions  as declared
 * @property {string} idField     the envelope's name of the id
 * @property {string} register    the method that takes the handler
 * @property {boolean} batches    the handler gets whole batches
 * @property {number} weight      share of the live traffic
 * @property {(number: number) => SchoolEvent} make
 * @property {(producer: any, event: SchoolEvent) => Promise<any[]>} publish
 */

/** @type {Kind[]} */
export const KINDS = [
  {
    name: 'user',
    topic: 'user-events',
    partitions: 6,
    idField: 'userId',
    register: 'registerUserEventHandler',
    batches: false,
    weight: 2,
    make: (n) => ({
      eventType: pick(['user_registered', 'user_logged_in', 'profile_updated', 'user_followed'], n),
      id: `student-${among(400, n)}`,
      data: { name: pick(NAMES, n), institution: `school-${among(12, n)}`, device: pick(['ios', 'android', 'web'], n) },
    }),
    publish: (producer, { eventType, id, data }) => producer.publishUserEvent(eventType, id, data),
  },
  {
    name: 'course',
    topic: 'course-events',
    partitions: 4,
    idField: 'courseId',
    register: 'registerCourseEventHandler',
    batches: false,
    weight: 2,
    make: (n) => ({
      eventType: pick(['course_enrolled', 'lesson_completed', 'assignment_submitted', 'certificate_issued'], n),
      id: `course-${among(60, n)}`,
      userId: `student-${among(400, n)}`,
      data: { title: pick(COURSES, n), lesson: 1 + among(24, n), score: among(101, n) / 100 },
    }),
    publish: (producer, { eventType, id, userId, data }) => producer.publishCourseEvent(eventType, id, userId, data),
  },
  {
    name: 'notification',
    topic: 'notification-events',
    partitions: 3,
    idField: 'recipientId',
    register: 'registerNotificationEventHandler',
    batches: false,
    weight: 2,
    make: (n) => ({
      eventType: pick(['assignment_graded', 'class_reminder', 'friend_request', 'course_announcement'], n),
      id: `student-${among(400, n)}`,
      data: {
        title: `${pick(COURSES, n)}: new result`,
        channel: pick(['push', 'mail', 'in-app'], n),
        urgent: n % 7 === 0,
      },
    }),
    publish: (producer, { eventType, id, data }) => producer.publishNotificationEvent(eventType, id, data),
  },
  {
    name: 'chat',
    topic: 'chat-events',
    partitions: 8,
    idField: 'roomId',
    register: 'registerChatEventHandler',
    batches: false,
    weight: 4,
    make: (n) => ({
      eventType: 'chat_message',
      id: `room-${among(80, n)}`,
      userId: `student-${among(400, n)}`,
      data: { from: pick(NAMES, n), text: pick(LINES, n), attachments: n % 11 === 0 ? ['notes.pdf'] : [] },
    }),
    publish: (producer, { id, userId, data }) => producer.publishChatEvent(id, userId, data),
  },
  {
    name: 'analytics',
    topic: 'analytics-events',
    partitions: 12,
    idField: 'entityId',
    register: 'registerAnalyticsEventHandler',
    batches: true,
    weight: 5,
    make: (n) => ({
      eventType: pick(['page_view', 'video_progress', 'quiz_answered', 'search'], n),
      id: `lesson-${among(500, n)}`,
      data: { user: `student-${among(400, n)}`, seconds: among(900, n), correct: n % 3 !== 0 },
    }),
    publish: (producer, { eventType, id, data }) => producer.publishAnalyticsEvent(eventType, id, data),
  },
];

/**
 * Event number `number` of a kind, marked with the run: other runs' events lie in the same topics.
 *
 * @param {Kind} kind
 * @param {number} number
 * @param {string} run
 * @returns {SchoolEvent}
 */
export function eventOf(kind, number, run) {
  const event = kind.make(number);
  return { ...event, data: { run, seq: number, ...event.data } };
}

/** The envelope as applications write it where they send messages themselves (batch, transaction). */
export function envelopeOf(kind, event, timestamp) {
  const ids =
    kind.idField === 'userId' || event.userId === undefined
      ? { [kind.idField]: event.id }
      : { [kind.idField]: event.id, userId: event.userId };
  return { eventType: event.eventType, ...ids, data: event.data, timestamp, version: '4.0' };
}

/**
 * What is wrong with an envelope that was received, or undefined.
 *
 * @param {Kind} kind
 * @param {SchoolEvent} sent
 * @param {any} envelope
 */
export function difference(kind, sent, envelope) {
  const { timestamp, ...got } = envelope ?? {};
  const { timestamp: _, ...expected } = envelopeOf(kind, sent, '');
  for (const field of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    const [want, have] = [JSON.stringify(expected[field]), JSON.stringify(got[field])];
    if (want !== have) return `${field} is ${have}, expected ${want}`;
  }
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(timestamp ?? ''))
    return `timestamp is ${JSON.stringify(timestamp)}`;
  return undefined;
}

/**
 * A row of messages for `publishBatch`: small analytics events, as text that the handler can compare
 * without parsing. Keys spread them over the partitions.
 *
 * @param {number} number
 * @param {string} run
 */
export function batchText(number, run) {
  return `{"eventType":"quiz_answered","entityId":"quiz-${number % 997}","data":{"run":"${run}","seq":${number},"ms":${among(9000, number)}},"timestamp":"2026-01-01T00:00:00.000Z","version":"4.0"}`;
}

/** @param {number} number */
export function batchKey(number) {
  return `quiz-${number % 997}`;
}
