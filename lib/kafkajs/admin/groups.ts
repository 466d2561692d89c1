/** Groups: list, describe, delete. */
import { KafkaJSDeleteGroupsError } from '../errors/index.js';
import type { GroupDescription, GroupDescriptions, MemberDescription } from '../shared-types.js';
import { refuse } from './checks.js';
import type { AdminClient } from './client.js';
import type { Admin, DeleteGroupsResult, GroupOverview } from './types.js';
import { errorOf, type Verdict } from './verdicts.js';

type Hexadecimal = Record<'memberMetadata' | 'memberAssignment', string>;
type Member = Omit<MemberDescription, keyof Hexadecimal> & Hexadecimal;
type Answer = Omit<GroupDescription, 'members'> & { errorCode: number; members: Member[] };

export async function listGroups(client: AdminClient): Promise<{ groups: GroupOverview[] }> {
  return { groups: await client.ask<GroupOverview[]>('listGroups') };
}

/** In the order given; a group that does not exist is described as `Dead`. */
export async function describeGroups(client: AdminClient, groupIds: string[]): Promise<GroupDescriptions> {
  const wanted = groupIds.map(String);
  if (wanted.length === 0) return { groups: [] };
  const found = await client.ask<Answer[]>('describeGroups', { groupIds: wanted });
  const byId = new Map(found.map((group) => [group.groupId, group]));
  return { groups: wanted.map((groupId) => description(byId.get(groupId) ?? dead(groupId))) };
}

function dead(groupId: string): Answer {
  return { errorCode: 0, groupId, state: 'Dead', protocolType: '', protocol: '', members: [] };
}

function description({ members, ...group }: Answer): GroupDescription {
  const withBytes = members.map(({ memberMetadata, memberAssignment, ...member }) => ({
    ...member,
    memberMetadata: Buffer.from(memberMetadata, 'hex'),
    memberAssignment: Buffer.from(memberAssignment, 'hex'),
  }));
  return { ...group, members: withBytes };
}

export async function deleteGroups(
  client: AdminClient,
  groupIds: Parameters<Admin['deleteGroups']>[0],
): Promise<DeleteGroupsResult[]> {
  if (!Array.isArray(groupIds)) refuse(`Invalid groupIds array ${groupIds}`);
  // The message is KafkaJS's, the word in it too.
  const invalid = groupIds.some((groupId: unknown) => typeof groupId !== 'string');
  if (invalid) refuse(`Invalid groupId name: ${invalid}`);
  const left = new Set(groupIds);
  const done: DeleteGroupsResult[] = [];
  const types = ['GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP'];
  await client.retrying(types, 'Could not delete groups', async () => {
    const answers = await client.ask<(Verdict & { groupId: string })[]>('deleteGroups', { groupIds: [...left] });
    const failed: Required<DeleteGroupsResult>[] = [];
    for (const { groupId, ...verdict } of answers) {
      const { errorCode } = verdict;
      if (errorCode !== 0) failed.push({ groupId, errorCode, error: errorOf(verdict) });
      else if (left.delete(groupId)) done.push({ groupId, errorCode });
    }
    const passing = failed.find(({ error }) => types.includes((error as { type?: string }).type as string));
    if (passing !== undefined) throw passing.error;
    if (failed.length > 0) throw new KafkaJSDeleteGroupsError('Error in DeleteGroups', failed);
  });
  return done;
}
