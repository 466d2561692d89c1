/** What groups have committed: read it, and set it for groups without members. */
import { numeric } from '../config/numeric.js';
import { protocolErrorOf } from '../errors/codes.js';
import { checkTopic, refuse } from './checks.js';
import type { AdminClient } from './client.js';
import { describeGroups } from './groups.js';
import { partitionsOf } from './metadata.js';
import { fetchTopicOffsets, type OffsetAnswer } from './offsets.js';
import type { Admin, FetchOffsetsPartition } from './types.js';
import { commitOffsets } from './wire/offset-commit.js';

/** In place of an offset: the first, the next one. Brokers keep these numbers as they are. */
const EARLIEST = '-2';
const LATEST = '-1';

type Topic = { topic: string; partitions: FetchOffsetsPartition[] };
type Position = { partition: number; offset: string; metadata?: string | null };

function checkGroup(groupId: unknown): asserts groupId is string {
  if (!groupId) refuse(`Invalid groupId ${groupId}`);
}

export async function fetchOffsets(
  client: AdminClient,
  { groupId, topics, resolveOffsets = false }: Parameters<Admin['fetchOffsets']>[0],
): Promise<Topic[]> {
  checkGroup(groupId);
  const wanted: unknown = topics || [];
  if (!Array.isArray(wanted)) refuse('Expected topics array to be set');
  const lists = await Promise.all(
    (wanted as string[]).map(async (topic) => {
      const partitions = await partitionsOf(client, topic);
      return partitions.map((partition) => ({ topic, partition }));
    }),
  );
  const partitions = lists.length === 0 ? null : lists.flat();
  const found = await client.ask<OffsetAnswer[]>('fetchOffsets', { groupId: String(groupId), partitions });
  const failed = found.find(({ errorCode }) => errorCode !== 0);
  if (failed !== undefined) throw protocolErrorOf(failed.errorCode);
  const committed = byTopic(found);
  return resolveOffsets ? Promise.all(committed.map((topic) => resolved(client, groupId, topic))) : committed;
}

function byTopic(found: OffsetAnswer[]): Topic[] {
  const topics = new Map<string, FetchOffsetsPartition[]>();
  for (const { topic, partition, offset, metadata } of found) {
    const partitions = topics.get(topic) ?? [];
    partitions.push({ partition, offset, metadata: metadata || null });
    topics.set(topic, partitions);
  }
  return [...topics].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.sort((a, b) => a.partition - b.partition),
  }));
}

/** Commits real offsets in place of "first" and "next". */
async function resolved(client: AdminClient, groupId: string, { topic, partitions }: Topic): Promise<Topic> {
  const ends = new Map((await fetchTopicOffsets(client, topic)).map((each) => [each.partition, each]));
  const real = partitions.map(({ offset, partition, ...rest }) => {
    const end = ends.get(partition);
    const found = offset === EARLIEST ? end?.low : offset === LATEST ? end?.high : offset;
    return { partition, offset: found ?? offset, ...rest };
  });
  await setOffsets(client, { groupId, topic, partitions: real });
  return { topic, partitions: real };
}

export async function resetOffsets(
  client: AdminClient,
  { groupId, topic, earliest = false }: Parameters<Admin['resetOffsets']>[0],
): Promise<void> {
  checkGroup(groupId);
  if (!topic) refuse(`Invalid topic ${topic}`);
  checkTopic(topic);
  const offset = earliest ? EARLIEST : LATEST;
  const partitions = (await partitionsOf(client, topic)).map((partition) => ({ partition, offset }));
  await setOffsets(client, { groupId, topic, partitions });
}

export async function setOffsets(
  client: AdminClient,
  { groupId, topic, partitions }: Parameters<Admin['setOffsets']>[0],
): Promise<void> {
  checkGroup(groupId);
  if (!topic) refuse(`Invalid topic ${topic}`);
  checkTopic(topic);
  if (!partitions || partitions.length === 0) refuse('Invalid partitions');
  const positions = partitions.map(asPosition);
  await assertNotRunning(client, groupId);
  const known = new Set(await partitionsOf(client, topic));
  if (positions.some(({ partition }) => !known.has(partition))) throw protocolErrorOf(3);
  const logical = positions.some(({ offset }) => offset.startsWith('-'));
  const codes = logical
    ? await commitOffsets(client, groupId, topic, positions)
    : await commit(client, groupId, topic, positions);
  const failed = codes.find((code) => code !== 0);
  if (failed !== undefined) throw protocolErrorOf(failed);
}

async function commit(client: AdminClient, groupId: string, topic: string, partitions: Position[]): Promise<number[]> {
  const found = await client.ask<OffsetAnswer[]>('setOffsets', { groupId: String(groupId), topic, partitions });
  return found.map(({ errorCode }) => errorCode);
}

function asPosition({ partition, offset, metadata }: Position): Position {
  const place = numeric(partition);
  if (typeof place !== 'number' || Number.isNaN(place)) {
    refuse(`Invalid partition, expected a number received ${partition}`);
  }
  const text = String(offset);
  if (!/^-?\d{1,19}$/.test(text)) refuse(`Invalid offset, expected a long received ${offset}`);
  if (text.startsWith('-') && text !== EARLIEST && text !== LATEST) refuse('Offset must not be a negative number');
  return { partition: place, offset: text, metadata: metadata ?? null };
}

/** A commit from outside would be overwritten by the members, so brokers refuse it while there are some. */
async function assertNotRunning(client: AdminClient, groupId: string): Promise<void> {
  const { groups } = await describeGroups(client, [groupId]);
  const state = groups[0]?.state;
  if (state !== undefined && state !== 'Empty' && state !== 'Dead') {
    refuse(`The consumer group must have no running instances, current state: ${state}`);
  }
}
