// The services as the quickstart and kafka:test see them, without Kafka: messages go from publish to handler in this
// process. FAKE (an environment variable) makes it misbehave.

import { setTimeout as sleep } from 'node:timers/promises';

const fault = process.env.FAKE ?? '';
const FAULT_AT = Number(process.env.FAKE_AT ?? 4_000);
const DAY = 24 * 60 * 60 * 1000;
const DECLARED = [
  ['user-events', 6, 7],
  ['course-events', 4, 30],
  ['notification-events', 3, 3],
  ['chat-events', 8, 1],
  ['analytics-events', 12, 30],
].map(([name, partitions, days]) => ({ name, partitions, retentionMs: days * DAY }));
const topics = new Map(DECLARED.map((topic) => [topic.name, topic]));
if (fault === 'topics') topics.set('chat-events', { name: 'chat-events', partitions: 1, retentionMs: DAY });
const handlers = new Map();
const active = new Set();
const offsets = new Map();
let published = 0;

class KafkaError extends Error {
  constructor(name, code, message) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

const serialize = (data) => {
  try {
    return JSON.stringify(data);
  } catch (error) {
    throw new KafkaError(
      'KafkaSerializationError',
      'SERIALIZATION',
      `data cannot be written as JSON: ${error.message.split('\n')[0]}`,
    );
  }
};

function check(topic, messages) {
  if (!topics.has(topic))
    throw new KafkaError('KafkaProducerError', 'UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${topic}`);
  for (const { value } of messages) {
    if (value && Buffer.byteLength(value) > 1_000_000)
      throw new KafkaError('KafkaProducerError', 'MSG_SIZE_TOO_LARGE', 'the message is too large');
  }
}

function deliver(topic, messages) {
  const metadata = messages.map(({ key, value, partition }) => {
    const hash = [...String(key ?? '')].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
    const to = partition ?? hash % topics.get(topic).partitions;
    const place = `${topic}/${to}`;
    const offset = offsets.get(place) ?? 0;
    offsets.set(place, offset + 1);
    published += 1;
    let text = value;
    if (fault === 'corrupt' && published === FAULT_AT) text = String(value).replace('"seq":', '"SEQ":0,"seq":');
    const lost = fault === 'lose' && published === FAULT_AT;
    if (!lost)
      setTimeout(
        () =>
          handle(topic, to, {
            key: key == null ? null : Buffer.from(key),
            value: text === null ? null : Buffer.from(text),
            headers: {},
            offset: String(offset),
            timestamp: String(Date.now()),
          }),
        1,
      );
    return { topicName: topic, partition: to, errorCode: 0, baseOffset: String(offset) };
  });
  return metadata;
}

function handle(topic, partition, message) {
  if (!active.has(topic)) return;
  const { handler, batch } = handlers.get(topic);
  if (batch) void handler({ batch: { topic, partition, messages: [message] } });
  else void handler({ topic, partition, message });
}

async function send(topic, messages) {
  check(topic, messages);
  if (fault === 'slow') await sleep(50);
  else await Promise.resolve();
  return deliver(topic, messages);
}

const event = (topic, idField, eventType, id, data, userId) => {
  const second = userId === undefined ? {} : { userId };
  const text = serialize(data);
  const value = `${JSON.stringify({ eventType, [idField]: id, ...second }).slice(0, -1)},"data":${text},"timestamp":"${new Date().toISOString()}","version":"4.0"}`;
  return send(topic, [{ key: id, value }]);
};

export const kafkaProducerService = {
  connect: async () => {},
  publishUserEvent: async (type, id, data) => event('user-events', 'userId', type, id, data),
  publishCourseEvent: async (type, id, user, data) => event('course-events', 'courseId', type, id, data, user),
  publishNotificationEvent: async (type, id, data) => event('notification-events', 'recipientId', type, id, data),
  publishChatEvent: async (room, user, data) =>
    event('chat-events', 'roomId', data.eventType ?? 'chat_message', room, data, user),
  publishAnalyticsEvent: async (type, id, data) => event('analytics-events', 'entityId', type, id, data),
  publishBatch: send,
  async publishTransaction(records) {
    for (const { topic, messages } of records) check(topic, messages);
    return records.map(({ topic, messages }) => deliver(topic, messages));
  },
};

const register = (topic, batch) => (handler) => void handlers.set(topic, { handler, batch });
export const kafkaConsumerService = {
  registerUserEventHandler: register('user-events', false),
  registerCourseEventHandler: register('course-events', false),
  registerNotificationEventHandler: register('notification-events', false),
  registerChatEventHandler: register('chat-events', false),
  registerAnalyticsEventHandler: register('analytics-events', true),
  registerHandler: (topic, handler) => register(topic, false)(handler),
  registerBatchHandler: (topic, handler) => register(topic, true)(handler),
  async startConsumer(topic) {
    active.add(topic);
  },
  async startAllConsumers() {
    await sleep(20);
    for (const topic of handlers.keys()) active.add(topic);
  },
  async stopConsumer(topic) {
    active.delete(topic);
  },
  getActiveConsumers: () => [...active],
};

export const kafkaConfig = { librdkafka: {} };
export const declaredTopics = () => structuredClone(DECLARED);
export const kafkaAdminService = {
  async createTopics(wanted) {
    for (const topic of wanted) topics.set(topic.name, topic);
    return wanted.map(({ name }) => ({ name, created: true, differences: [] }));
  },
  async deleteTopics(names) {
    for (const name of names) topics.delete(name);
  },
  async describeTopics(names) {
    return names.map((name) => {
      const { partitions, retentionMs } = topics.get(name);
      const described = Array.from({ length: partitions }, (_, id) => ({ id, leader: 1, replicas: [1], isr: [1] }));
      return { name, partitions: described, retentionMs };
    });
  },
};

export const kafkaInitializationService = {
  async cleanup() {
    active.clear();
  },
};

export async function initializeKafka4() {
  if (fault === 'refuse')
    throw new KafkaError(
      'KafkaConnectionError',
      'CONNECTION',
      'none of the brokers could be reached: 10.0.0.1:9092: timed out',
    );
  if (fault === 'hang') await sleep(60_000);
}
export const checkKafkaHealth = async () => fault !== 'sick';
export const getKafka4Status = async () => ({
  initialized: true,
  status: 'healthy',
  reasons: [],
  responseTime: 1.4,
  cluster: {
    brokers: [{ nodeId: 1, host: 'localhost', port: 29092 }],
    controllerId: 1,
    clusterId: 'fake',
    kraft: true,
    version: '4.3.0',
  },
  topics: { total: topics.size, names: [...topics.keys()] },
});
export const getKafkaMetrics = async () => ({
  produced: published,
  handled: published,
  producedBytes: 123_456,
  rebalances: 5,
});
