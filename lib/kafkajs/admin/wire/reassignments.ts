/** AlterPartitionReassignments and ListPartitionReassignments. */
import type { TopicPartitions } from '../../shared-types.js';
import type { AdminClient } from '../client.js';
import type { OngoingTopicReassignment, PartitionReassignment } from '../types.js';
import type { Verdict } from '../verdicts.js';
import { onController } from './brokers.js';
import { type Reader, Writer } from './bytes.js';

const ALTER = { key: 45, version: 0, flexible: true };
const LIST = { key: 46, version: 0, flexible: true };

/** ms that an answer may need on its way after the controller's own time is over. */
const GRACE_MS = 5_000;

function verdictOf(answer: Reader): Verdict {
  return { errorCode: answer.int16(), errorMessage: answer.string() };
}

export function alterReassignments(
  client: AdminClient,
  topics: PartitionReassignment[],
  timeout: number,
): Promise<{ verdict: Verdict; partitions: (Verdict & { topic: string; partition: number })[] }> {
  const body = new Writer(true).int32(timeout);
  body.array(topics, ({ topic, partitionAssignment }) => {
    body.string(topic);
    body.array(partitionAssignment, ({ partition, replicas }) => {
      body.int32(partition);
      body.array(replicas, (replica) => body.int32(replica)).end();
    });
    body.end();
  });
  body.end();
  return onController(client, async (connection) => {
    const answer = await connection.ask(ALTER, body, timeout + GRACE_MS);
    answer.int32();
    const verdict = verdictOf(answer);
    const partitions = answer.array(() => {
      const topic = answer.string() ?? '';
      const found = answer.array(() => {
        const each = { topic, partition: answer.int32(), ...verdictOf(answer) };
        answer.end();
        return each;
      });
      answer.end();
      return found;
    });
    return { verdict, partitions: partitions.flat() };
  });
}

/** `topics` null: all that are being reassigned. */
export function listReassignments(
  client: AdminClient,
  topics: TopicPartitions[] | null,
  timeout: number,
): Promise<{ verdict: Verdict; topics: OngoingTopicReassignment[] }> {
  const body = new Writer(true).int32(timeout);
  body.array(topics, ({ topic, partitions }) => {
    body.string(topic);
    body.array(partitions, (partition) => body.int32(partition)).end();
  });
  body.end();
  return onController(client, async (connection) => {
    const answer = await connection.ask(LIST, body, timeout + GRACE_MS);
    answer.int32();
    const verdict = verdictOf(answer);
    const ids = () => answer.array(() => answer.int32());
    const found = answer.array(() => {
      const topic = answer.string() ?? '';
      const partitions = answer.array(() => {
        const partitionIndex = answer.int32();
        const each = { partitionIndex, replicas: ids(), addingReplicas: ids(), removingReplicas: ids() };
        answer.end();
        return each;
      });
      answer.end();
      return { topic, partitions };
    });
    return { verdict, topics: found };
  });
}
