// The group: joins, rebalances, who gets what, what is described.

import type { PartitionAssigner } from 'kafkajs';
import * as kafkajs from 'kafkajs';
import { sharedBroker } from '../support/kafka-tools';
import { unique, until } from '../support/until';
import { both } from './support/both';
import { committed, consumerOf, numbered, pause, publish, told } from './support/consuming';

const partitionsOf = (event: { payload: any } | undefined, topic: string): number[] =>
  event?.payload.memberAssignment[topic] ?? [];

both('consumer group', (lib) => {
  test('GROUP_JOIN tells member, leader and assignment', async () => {
    const topic = await lib.topic('join', 3);
    const { consumer, groupId } = await consumerOf(lib);
    const events = told(consumer, 'GROUP_JOIN');
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: async () => {} });
    // It has joined when run resolves; kafkajs also resolves when a first join failed and is tried again.
    await until('the join', () => events.length > 0);
    expect(events).toHaveLength(1);
    const { payload } = events[0] as { payload: any };
    expect(payload).toEqual({
      groupId,
      memberId: expect.stringMatching(/^conformance-/),
      leaderId: payload.memberId,
      isLeader: true,
      memberAssignment: { [topic]: [0, 1, 2] },
      groupProtocol: expect.stringMatching(/^roundrobin/i),
      duration: expect.any(Number),
    });
  });

  test('two members share the partitions, and one that leaves gives its own back', async () => {
    const topic = await lib.topic('share', 4);
    const a = await consumerOf(lib);
    const b = await consumerOf(lib, { groupId: a.groupId });
    const [ofA, ofB] = [told(a.consumer, 'GROUP_JOIN', 'REBALANCING'), told(b.consumer, 'GROUP_JOIN', 'REBALANCING')];
    const seen: string[] = [];
    const run = async ({ consumer }: typeof a) => {
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ partition, message }) => void seen.push(`${partition}:${message.value}`),
      });
    };
    const last = (events: typeof ofA) => events.filter(({ name }) => name === 'GROUP_JOIN').at(-1);
    await run(a);
    await until('all for the first', () => partitionsOf(last(ofA), topic).length > 0);
    expect(partitionsOf(last(ofA), topic)).toEqual([0, 1, 2, 3]);
    await run(b);
    await until('two for each', () => {
      return partitionsOf(last(ofA), topic).length === 2 && partitionsOf(last(ofB), topic).length === 2;
    });
    const both = [...partitionsOf(last(ofA), topic), ...partitionsOf(last(ofB), topic)].sort();
    expect(both).toEqual([0, 1, 2, 3]);
    const rebalancing = ofA.find(({ name }) => name === 'REBALANCING');
    expect(rebalancing?.payload).toEqual({ groupId: a.groupId, memberId: expect.any(String) });
    const leaders = new Set([last(ofA)?.payload.leaderId, last(ofB)?.payload.leaderId]);
    expect(leaders.size).toBe(1);
    expect([last(ofA)?.payload.isLeader, last(ofB)?.payload.isLeader].filter(Boolean)).toHaveLength(1);
    await publish(
      topic,
      [0, 1, 2, 3].flatMap((partition) => numbered(5, { partition })),
    );
    await until('all of them', () => seen.length >= 20);
    await b.consumer.disconnect();
    await until('all for one', () => partitionsOf(last(ofA), topic).length === 4);
    await publish(
      topic,
      [0, 1, 2, 3].map((partition) => ({ value: 'late', partition })),
    );
    await until('the late ones', () => seen.length >= 24);
    expect([...new Set(seen)]).toHaveLength(24);
  });

  test('a rebalance in the midst of handling loses nothing and commits nothing that was not handled', async () => {
    const topic = await lib.topic('midst', 4);
    await publish(
      topic,
      [0, 1, 2, 3].flatMap((partition) => numbered(100, { partition })),
    );
    const groupId = unique('group');
    const handled = new Map<number, Set<number>>([0, 1, 2, 3].map((partition) => [partition, new Set()]));
    const member = async () => {
      const reading = await consumerOf(lib, { groupId });
      await reading.consumer.subscribe({ topic, fromBeginning: true });
      await reading.consumer.run({
        partitionsConsumedConcurrently: 2,
        eachMessage: async ({ partition, message }) => {
          await pause(3);
          handled.get(partition)?.add(Number(message.offset));
        },
      });
      return reading;
    };
    const first = await member();
    const second = await member();
    await pause(200);
    await first.consumer.disconnect();
    const so_far = await committed(groupId, topic);
    for (const [partition, offset] of Object.entries(so_far)) {
      for (let i = 0; i < Number(offset); i++) expect(handled.get(Number(partition))?.has(i)).toBe(true);
    }
    await until('all of them', () => [...handled.values()].every(({ size }) => size === 100));
    await second.consumer.disconnect();
    expect(await committed(groupId, topic)).toEqual({ 0: '100', 1: '100', 2: '100', 3: '100' });
  });

  test('more members than partitions: one of them waits for a turn', async () => {
    const topic = await lib.topic('spare', 1);
    const a = await consumerOf(lib);
    const b = await consumerOf(lib, { groupId: a.groupId });
    const joins = told(b.consumer, 'GROUP_JOIN');
    for (const { consumer } of [a, b]) {
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({ eachMessage: async () => {} });
    }
    await until('the second has joined', () => joins.length > 0);
    const count = joins.length;
    await a.consumer.disconnect();
    await until('its turn', () => joins.length > count && partitionsOf(joins.at(-1), topic).length === 1);
  });

  test('describeGroup', async () => {
    const topic = await lib.topic('describe', 2);
    const { consumer, groupId } = await consumerOf(lib);
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: async () => {} });
    const group = await consumer.describeGroup();
    expect(group).toMatchObject({ groupId, state: 'Stable', protocolType: 'consumer' });
    expect(group.protocol).toMatch(/^roundrobin/i);
    expect(group.members).toHaveLength(1);
    const [member] = group.members;
    expect(member?.clientId).toBe('conformance');
    expect(member?.clientHost).toMatch(/127\.0\.0\.1/);
    const { AssignerProtocol } = lib.exports;
    const assignment = AssignerProtocol.MemberAssignment.decode(member?.memberAssignment as Buffer);
    expect(assignment?.assignment).toEqual({ [topic]: [0, 1] });
    const metadata = AssignerProtocol.MemberMetadata.decode(member?.memberMetadata as Buffer);
    expect(metadata?.topics).toEqual([topic]);
  });

  test('HEARTBEAT is told while a handler takes its time', async () => {
    const topic = await lib.topic('heartbeat');
    await publish(topic, numbered(1));
    const { consumer, groupId } = await consumerOf(lib, { heartbeatInterval: 200, sessionTimeout: 6000 });
    const beats = told(consumer, 'HEARTBEAT');
    let done = false;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ heartbeat }) => {
        const end = Date.now() + 10_000;
        while (beats.length < 3 && Date.now() < end) {
          await pause(50);
          await heartbeat();
        }
        done = true;
      },
    });
    await until('the handler', () => done);
    expect(beats.length).toBeGreaterThanOrEqual(3);
    expect(beats[0]?.payload).toEqual({
      groupId,
      memberId: expect.stringMatching(/^conformance-/),
      groupGenerationId: expect.any(Number),
    });
    expect(beats[0]?.payload.groupGenerationId).toBeGreaterThan(0);
  });

  test('a handler that is longer than the session, without heartbeats', async () => {
    const topic = await lib.topic('long-handler');
    await publish(topic, numbered(2));
    const { consumer } = await consumerOf(lib, { heartbeatInterval: 500, sessionTimeout: 6000 });
    const rebalances = told(consumer, 'REBALANCING', 'GROUP_JOIN');
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.offset);
        if (seen.length === 1) await pause(8000);
      },
    });
    await until('the second', () => seen.at(-1) === '1', 40_000);
    await lib.differs('heartbeats are sent by the core, however long a handler takes', {
      kafkajs: () => expect(seen.length).toBeGreaterThanOrEqual(2),
      kafka4: () => expect([seen, rebalances.map(({ name }) => name)]).toEqual([['0', '1'], ['GROUP_JOIN']]),
    });
  });

  test('RECEIVED_UNSUBSCRIBED_TOPICS tells of topics that a foreign leader assigns', async () => {
    const mine = await lib.topic('subscribed');
    const strange = await lib.topic('strange');
    // An application that subscribes to both, whose leader gives every member all there is.
    const protocol = lib.isOurs ? 'roundrobin' : 'RoundRobinAssigner';
    const { AssignerProtocol } = kafkajs;
    const generous: PartitionAssigner = () => ({
      name: protocol,
      version: 0,
      protocol: ({ topics }) => ({
        name: protocol,
        metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
      }),
      assign: async ({ members }) =>
        members.map(({ memberId, memberMetadata }) => {
          const foreign = memberId.startsWith('foreign-');
          const topics = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? [];
          const assignment = foreign ? {} : Object.fromEntries([...topics, strange].map((topic) => [topic, [0]]));
          const encoded = { version: 0, assignment, userData: Buffer.alloc(0) };
          return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode(encoded) };
        }),
    });
    const foreign = new kafkajs.Kafka({ brokers: [sharedBroker()], clientId: 'foreign', logLevel: 0 });
    const groupId = unique('group');
    const leader = foreign.consumer({
      groupId,
      partitionAssigners: [generous],
      heartbeatInterval: 200,
      maxWaitTimeInMs: 100,
    });
    await lib.open(leader);
    await leader.subscribe({ topics: [mine, strange] });
    const led = told(leader, 'GROUP_JOIN');
    await leader.run({ eachMessage: async () => {} });
    await until('it leads', () => led.length > 0);

    const { consumer } = await consumerOf(lib, { groupId });
    const events = told(consumer, 'RECEIVED_UNSUBSCRIBED_TOPICS', 'GROUP_JOIN');
    await consumer.subscribe({ topic: mine, fromBeginning: true });
    const seen: string[] = [];
    await consumer.run({ eachMessage: async ({ topic, message }) => void seen.push(`${topic} ${message.value}`) });
    await until('the event', () => events.length >= 2);
    expect(events.map(({ name }) => name)).toEqual(['RECEIVED_UNSUBSCRIBED_TOPICS', 'GROUP_JOIN']);
    const { assignedTopics, ...payload } = events[0]?.payload ?? {};
    expect([...assignedTopics].sort()).toEqual([mine, strange].sort());
    expect(payload).toEqual({
      groupId,
      generationId: expect.any(Number),
      memberId: expect.stringMatching(/^conformance-/),
      topicsSubscribed: [mine],
      topicsNotSubscribed: [strange],
    });
    expect(events[1]?.payload.memberAssignment).toEqual({ [mine]: [0] });
    // Nothing of the strange topic comes.
    await publish(strange, numbered(1));
    await publish(mine, numbered(1));
    await until('the message', () => seen.length > 0);
    expect(seen).toEqual([`${mine} 0`]);
  });
});
