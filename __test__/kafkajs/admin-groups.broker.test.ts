// listGroups, describeGroups, deleteGroups.

import { unique } from '../support/until';
import { both, rejectionOf } from './support/both';

jest.setTimeout(60_000);

both('admin groups', (lib) => {
  const open = () => lib.open(lib.kafka({ retry: { retries: 8, initialRetryTime: 50 } }).admin());

  async function running(topic: string, groupId: string) {
    const consumer = await lib.open(lib.kafka({ clientId: 'member' }).consumer({ groupId }));
    await consumer.subscribe({ topic });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ eachMessage: async () => {} });
    await joined;
    return consumer;
  }

  test('listGroups', async () => {
    const [admin, topic, groupId] = [await open(), await lib.topic(), unique('group')];
    await running(topic, groupId);
    const { groups } = await admin.listGroups();
    expect(groups).toContainEqual({ groupId, protocolType: 'consumer' });
    for (const group of groups) expect(Object.keys(group)).toEqual(['groupId', 'protocolType']);
  });

  test('describeGroups of one with a member', async () => {
    const [admin, topic, groupId] = [await open(), await lib.topic('described', 2), unique('group')];
    await running(topic, groupId);
    const { groups } = await admin.describeGroups([groupId]);
    expect(groups).toEqual([
      {
        errorCode: 0,
        groupId,
        state: 'Stable',
        protocolType: 'consumer',
        protocol: expect.stringMatching(/\w/),
        members: [
          {
            clientHost: expect.stringMatching(/127\.0\.0\.1/),
            clientId: 'member',
            memberId: expect.stringMatching(/^member-/),
            memberAssignment: expect.any(Buffer),
            memberMetadata: expect.any(Buffer),
          },
        ],
      },
    ]);
  });

  test('the bytes of a member are those of AssignerProtocol', async () => {
    const [admin, topic, groupId] = [await open(), await lib.topic('bytes', 2), unique('group')];
    await running(topic, groupId);
    const member = (await admin.describeGroups([groupId])).groups[0]?.members[0];
    const { MemberAssignment, MemberMetadata } = lib.exports.AssignerProtocol;
    expect(MemberAssignment.decode(member?.memberAssignment as Buffer)?.assignment).toEqual({ [topic]: [0, 1] });
    expect(MemberMetadata.decode(member?.memberMetadata as Buffer)?.topics).toEqual([topic]);
  });

  test('describeGroups of what is not there, of one that is empty, of none', async () => {
    const [admin, topic, groupId, missing] = [await open(), await lib.topic(), unique('group'), unique('none')];
    const consumer = await running(topic, groupId);
    await consumer.disconnect();
    const { groups } = await admin.describeGroups([groupId, missing]);
    const found = Object.fromEntries(groups.map((group) => [group.groupId, group]));
    expect(found[groupId]).toMatchObject({ state: 'Empty', protocolType: 'consumer', protocol: '', members: [] });
    expect(found[missing]).toEqual({
      errorCode: 0,
      groupId: missing,
      state: 'Dead',
      protocolType: '',
      protocol: '',
      members: [],
    });
    expect(await admin.describeGroups([])).toEqual({ groups: [] });
  });

  test('deleteGroups', async () => {
    const [admin, topic, groupId] = [await open(), await lib.topic(), unique('group')];
    const consumer = await running(topic, groupId);
    await consumer.disconnect();
    expect(await admin.deleteGroups([groupId])).toEqual([{ groupId, errorCode: 0 }]);
    expect((await admin.listGroups()).groups.map((group) => group.groupId)).not.toContain(groupId);
    expect(await admin.deleteGroups([])).toEqual([]);
  });

  test('deleteGroups of one with a member, and of one that is not there', async () => {
    const [admin, topic, groupId, missing] = [await open(), await lib.topic(), unique('group'), unique('none')];
    await running(topic, groupId);
    const error = await rejectionOf(admin.deleteGroups([groupId, missing]));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSDeleteGroupsError);
    expect([error.name, error.message, error.retriable]).toEqual([
      'KafkaJSDeleteGroupsError',
      'Error in DeleteGroups',
      true,
    ]);
    const byId = Object.fromEntries(error.groups.map((group: { groupId: string }) => [group.groupId, group]));
    expect(byId[groupId]).toMatchObject({ errorCode: 68, error: { type: 'NON_EMPTY_GROUP', retriable: false } });
    expect(byId[missing]).toMatchObject({ errorCode: 69, error: { type: 'GROUP_ID_NOT_FOUND', retriable: false } });
    expect(byId[missing].error).toBeInstanceOf(lib.exports.KafkaJSProtocolError);
  });

  test('a group whose offsets were set has no protocol yet', async () => {
    const [admin, topic, groupId] = [await open(), await lib.topic(), unique('group')];
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] });
    const [group] = (await admin.describeGroups([groupId])).groups;
    expect(group?.state).toBe('Empty');
    await lib.differs('KafkaJS joins the group to set its offsets', {
      kafkajs: () => expect(group?.protocolType).toBe('consumer'),
      kafka4: () => expect(group?.protocolType).toBe(''),
    });
  });
});
