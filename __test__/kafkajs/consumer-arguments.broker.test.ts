// What a consumer refuses, in KafkaJS's words; the same test for both.

import { thrown, unique } from '../support/until';
import { both, rejectionOf, shapeOf } from './support/both';
import { consumerOf } from './support/consuming';

const NOT_RUNNING = 'Consumer group was not initialized, consumer#run must be called first';

both('consumer arguments', (lib) => {
  const nonRetriable = (message: string) => ({
    name: 'KafkaJSNonRetriableError',
    message,
    type: undefined,
    code: undefined,
    retriable: false,
  });
  const refused = async (call: Promise<unknown>, message: string) => {
    const error = await rejectionOf(call);
    expect(shapeOf(error)).toEqual(nonRetriable(message));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSNonRetriableError);
  };
  const refuses = (call: () => unknown, message: string) => {
    const error = thrown(call);
    expect(shapeOf(error)).toEqual(nonRetriable(message));
  };

  test.each([undefined, '', null])('groupId %p', (groupId) => {
    refuses(() => lib.kafka().consumer({ groupId } as never), 'Consumer groupId must be a non-empty string.');
  });

  test('no configuration at all', () => {
    const message = 'Consumer groupId must be a non-empty string.';
    refuses(() => (lib.kafka().consumer as () => unknown)(), message);
  });

  test.each([5, true, {}])('groupId %p', async (groupId) => {
    await lib.differs('KafkaJS takes it and fails when it joins', {
      kafkajs: () => expect(lib.kafka().consumer({ groupId } as never)).toBeDefined(),
      kafka4: () => {
        const shown = typeof groupId === 'object' ? 'object' : groupId;
        refuses(
          () => lib.kafka().consumer({ groupId } as never),
          `Consumer groupId must be a non-empty string, received ${shown}`,
        );
      },
    });
  });

  test('a heartbeatInterval that is not below the sessionTimeout', () => {
    refuses(
      () => lib.kafka().consumer({ groupId: 'g', heartbeatInterval: 10_000, sessionTimeout: 10_000 }),
      'Consumer heartbeatInterval (10000) must be lower than sessionTimeout (10000). It is recommended to set heartbeatInterval to approximately a third of the sessionTimeout.',
    );
  });

  test.each([
    [{}, 'Missing required argument "topics"'],
    [{ topic: '' }, 'Missing required argument "topics"'],
    [{ topics: 'one' }, 'Argument "topics" must be an array'],
    [{ topics: {} }, 'Argument "topics" must be an array'],
    [{ topic: 1 }, 'Invalid topic 1 (number), the topic name has to be a String or a RegExp'],
    [{ topics: [undefined] }, 'Invalid topic undefined (undefined), the topic name has to be a String or a RegExp'],
    [{ topics: [{}] }, 'Invalid topic [object Object] (object), the topic name has to be a String or a RegExp'],
  ])('subscribe(%j)', async (subscription, message) => {
    const consumer = lib.kafka().consumer({ groupId: unique('group') });
    await refused(consumer.subscribe(subscription as never), message);
  });

  test('subscribe without an argument is a TypeError', async () => {
    const consumer = lib.kafka().consumer({ groupId: unique('group') });
    expect((await rejectionOf(consumer.subscribe(undefined as never))).name).toBe('TypeError');
  });

  test('subscribe while it runs', async () => {
    const topic = await lib.topic('running');
    const { consumer } = await consumerOf(lib);
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: async () => {} });
    await refused(consumer.subscribe({ topic }), 'Cannot subscribe to topic while consumer is running');
  });

  test.each([
    [{ partition: 0, offset: '1' }, 'Invalid topic undefined'],
    [{ topic: '', partition: 0, offset: '1' }, 'Invalid topic '],
    [{ topic: 't', partition: 'x', offset: '1' }, 'Invalid partition, expected a number received x'],
    [{ topic: 't', offset: '1' }, 'Invalid partition, expected a number received undefined'],
    [{ topic: 't', partition: 0, offset: 'x' }, 'Invalid offset, expected a long received x'],
    [{ topic: 't', partition: 0, offset: 1.5 }, 'Invalid offset, expected a long received 1.5'],
    [{ topic: 't', partition: 0, offset: '-3' }, 'Offset must not be a negative number'],
    [{ topic: 't', partition: 0, offset: '1' }, NOT_RUNNING],
    [{ topic: 't', partition: 0, offset: '-1' }, NOT_RUNNING],
    [{ topic: 't', partition: 0, offset: '-2' }, NOT_RUNNING],
  ])('seek(%j)', (target, message) => {
    const consumer = lib.kafka().consumer({ groupId: unique('group') });
    refuses(() => consumer.seek(target as never), message);
  });

  test.each([
    [{ partition: 0, offset: '1' }, 'Invalid topic undefined'],
    [{ topic: 't', partition: Number.NaN, offset: '1' }, 'Invalid partition, expected a number received NaN'],
    [{ topic: 't', partition: 0, offset: 'abc' }, 'Invalid offset, expected a long received abc'],
    [{ topic: 't', partition: 0, offset: 1.5 }, 'Invalid offset, expected a long received 1.5'],
    [{ topic: 't', partition: 0, offset: '-1' }, 'Offset must not be a negative number'],
    [
      { topic: 't', partition: 0, offset: '1', metadata: 1 },
      'Invalid offset metadata, expected string or null, received 1',
    ],
    [{ topic: 't', partition: 0, offset: '1' }, NOT_RUNNING],
  ])('commitOffsets([%j])', async (offset, message) => {
    const consumer = lib.kafka().consumer({ groupId: unique('group') });
    await refused(consumer.commitOffsets([offset] as never), message);
  });

  test.each(['pause', 'resume'] as const)('%s', (verb) => {
    const consumer = lib.kafka().consumer({ groupId: unique('group') });
    refuses(() => consumer[verb]([{ topic: '' }]), 'Invalid topic [object Object]');
    refuses(() => consumer[verb]([undefined] as never), 'Invalid topic undefined');
    const wanted = `Array of valid partitions required to ${verb} specific partitions instead of`;
    refuses(() => consumer[verb]([{ topic: 't', partitions: 3 }] as never), `${wanted} 3`);
    refuses(() => consumer[verb]([{ topic: 't', partitions: ['a'] }] as never), `${wanted} a`);
    refuses(() => consumer[verb]([{ topic: 't' }]), NOT_RUNNING);
    refuses(() => consumer[verb](undefined as never), NOT_RUNNING);
  });

  test('paused is empty before it runs', () => {
    expect(
      lib
        .kafka()
        .consumer({ groupId: unique('group') })
        .paused(),
    ).toEqual([]);
  });

  test('an event that does not exist', () => {
    const consumer = lib.kafka().consumer({ groupId: unique('group') });
    refuses(
      () => consumer.on('consumer.nothing' as never, () => {}),
      'Event name should be one of consumer.events.HEARTBEAT, consumer.events.COMMIT_OFFSETS, consumer.events.GROUP_JOIN, consumer.events.FETCH, consumer.events.FETCH_START, consumer.events.START_BATCH_PROCESS, consumer.events.END_BATCH_PROCESS, consumer.events.CONNECT, consumer.events.DISCONNECT, consumer.events.STOP, consumer.events.CRASH, consumer.events.REBALANCING, consumer.events.RECEIVED_UNSUBSCRIBED_TOPICS, consumer.events.REQUEST, consumer.events.REQUEST_TIMEOUT, consumer.events.REQUEST_QUEUE_SIZE',
    );
  });

  test('its methods and its events have KafkaJS’s names', () => {
    const consumer = lib.kafka().consumer({ groupId: unique('group') });
    expect(Object.keys(consumer).sort()).toEqual(
      [
        'commitOffsets',
        'connect',
        'describeGroup',
        'disconnect',
        'events',
        'logger',
        'on',
        'pause',
        'paused',
        'resume',
        'run',
        'seek',
        'stop',
        'subscribe',
      ].sort(),
    );
    expect(consumer.events).toMatchObject({ GROUP_JOIN: 'consumer.group_join', REQUEST: 'consumer.network.request' });
    expect(typeof consumer.logger().info).toBe('function');
    const { run, stop } = consumer;
    expect([typeof run, typeof stop]).toEqual(['function', 'function']);
  });

  test('an assigner in JavaScript', async () => {
    const custom = () => ({
      name: 'own',
      version: 1,
      assign: async () => [],
      protocol: () => ({ name: 'own', metadata: Buffer.alloc(0) }),
    });
    expect(lib.kafka().consumer({ groupId: 'g', partitionAssigners: [custom] as never })).toBeDefined();
    const { roundRobin } = lib.exports.PartitionAssigners;
    expect(lib.kafka().consumer({ groupId: 'g', partitionAssigners: [roundRobin] })).toBeDefined();
  });
});
