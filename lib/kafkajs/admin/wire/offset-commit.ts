/**
 * OffsetCommit of -1 and -2, which resetOffsets of KafkaJS stores for "next" and "first": librdkafka commits real
 * offsets only.
 */
import { protocolErrorOf } from '../../errors/codes.js';
import type { AdminClient } from '../client.js';
import { onAddress, onController } from './brokers.js';
import { Writer } from './bytes.js';
import type { Address, Connection } from './connection.js';

const FIND_COORDINATOR = { key: 10, version: 1 };
const OFFSET_COMMIT = { key: 8, version: 2 };
/** FindCoordinator's word for groups. */
const GROUP = 0;
/** A commit of no member, of no generation, kept as long as the broker keeps any. */
const NO_GENERATION = -1;
const NO_RETENTION = -1n;

const RETRIABLE = ['GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP'];

interface Position {
  partition: number;
  offset: string;
  metadata?: string | null;
}

/** The code of each partition. */
export function commitOffsets(
  client: AdminClient,
  groupId: string,
  topic: string,
  partitions: readonly Position[],
): Promise<number[]> {
  return client.retrying(RETRIABLE, 'Could not set offsets', async () => {
    const address = await onController(client, (connection) => findCoordinator(connection, groupId));
    const codes = await onAddress(client, address, (connection) => commit(connection, groupId, topic, partitions));
    const passing = codes.map((code) => protocolErrorOf(code)).find(({ type }) => RETRIABLE.includes(type));
    if (passing !== undefined) throw passing;
    return codes;
  });
}

async function findCoordinator(connection: Connection, groupId: string): Promise<Address> {
  const answer = await connection.ask(FIND_COORDINATOR, new Writer().string(groupId).int8(GROUP));
  answer.int32();
  const code = answer.int16();
  if (code !== 0) throw protocolErrorOf(code);
  answer.string();
  answer.int32();
  return { host: answer.string() ?? '', port: answer.int32() };
}

async function commit(
  connection: Connection,
  groupId: string,
  topic: string,
  partitions: readonly Position[],
): Promise<number[]> {
  const body = new Writer().string(groupId).int32(NO_GENERATION).string('').int64(NO_RETENTION);
  body.array([topic], (name) => {
    body.string(name);
    body.array(partitions, ({ partition, offset, metadata }) => {
      body
        .int32(partition)
        .int64(BigInt(offset))
        .string(metadata ?? null);
    });
  });
  const answer = await connection.ask(OFFSET_COMMIT, body);
  const codes = answer.array(() => {
    answer.string();
    return answer.array(() => {
      answer.int32();
      return answer.int16();
    });
  });
  return codes.flat();
}
