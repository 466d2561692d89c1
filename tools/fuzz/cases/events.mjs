// The five publish…Event methods: ids, event types and data of every kind, and the envelope that must be stored.

import { fingerprint } from '../ledger.mjs';
import { data } from '../values/data.mjs';
import { anything } from '../values/junk.mjs';
import { text, utf8 } from '../values/text.mjs';
import { account } from './publish.mjs';

const SERIALIZATION = 'ERR_KAFKA_SERIALIZATION';

/** Method, topic, names of its ids in the order of the envelope; the first is the key. */
const KINDS = /** @type {const} */ ([
  ['publishUserEvent', 'user-events', ['userId']],
  ['publishCourseEvent', 'course-events', ['courseId', 'userId']],
  ['publishNotificationEvent', 'notification-events', ['recipientId']],
  ['publishChatEvent', 'chat-events', ['roomId', 'userId']],
  ['publishAnalyticsEvent', 'analytics-events', ['entityId']],
]);

/** @param {import('../trial.mjs').Trial} t */
export async function publishEvent(t) {
  const { random, world } = t;
  const [method, topic, names] = random.pick(KINDS);
  const chat = method === 'publishChatEvent';
  const type = id(t, 'event type');
  const ids = names.map(() => id(t, 'id'));
  const content = data(random);
  t.is(content.class);
  // For chat the data itself may name the type.
  const given = chat ? chatType(content.value) : type;
  const parts = [given, ...ids];
  const ok = parts.some((part) => part.ok === false) || content.ok === false ? false : given.ok;
  const code = content.rare ? undefined : SERIALIZATION;
  const prints = ok ? [fingerprint(topic, envelope(given.value, names, ids, content.value))] : [];
  for (const print of prints) world.ledger.give(print, t.index);
  const values = ids.map(({ value }) => value);
  const args = chat ? [...values, content.value] : [type.value, ...values, content.value];
  const settled = await t.call(method, () => world.producer[method](...args), {
    ok,
    code: ok === false ? code : undefined,
    given: content.rare ? undefined : args,
  });
  if (ok) account(t, settled, prints, topic);
}

function id(t, what) {
  const { random } = t;
  if (random.once(8)) {
    const { value, class: name } = anything(random);
    t.is(`${what}: ${name}`);
    return { value, ok: false };
  }
  const made = text(random);
  t.is(`${what}: ${made.class}`);
  return { value: made.value, ok: made.value !== '' };
}

function chatType(value) {
  try {
    const type = value?.eventType ?? 'chat_message';
    return { value: type, ok: typeof type === 'string' && type !== '' };
  } catch {
    return { value: undefined, ok: false };
  }
}

const wellFormed = (string) => utf8(string).toString();

function envelope(type, names, ids, value) {
  const fields = [['eventType', type], ...names.map((name, i) => [name, ids[i].value])];
  const start = fields.map(([name, string]) => `"${name}":${JSON.stringify(wellFormed(string))}`).join(',');
  const json = JSON.stringify(value) ?? 'null';
  return {
    key: utf8(ids[0].value),
    value: utf8(`{${start},"data":${json}`),
    headers: /** @type {[string, Buffer][]} */ ([
      ['eventType', utf8(type)],
      ['version', Buffer.from('4.0')],
      ['content-type', Buffer.from('application/json')],
    ]),
  };
}
