/** What the coordinator tells of a consumer's group, asked for by an admin client that lives as long as the question. */
import { createAdmin } from '../admin/index.js';
import type { Cluster } from '../config/cluster.js';
import type { GroupDescription } from '../shared-types.js';
import type { ConsumerSettings } from './config.js';

export async function describeGroup(
  cluster: Cluster,
  { groupId, retry }: Pick<ConsumerSettings, 'groupId' | 'retry'>,
): Promise<GroupDescription> {
  const admin = createAdmin(cluster, { retry });
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups([groupId]);
    return groups[0] as GroupDescription;
  } finally {
    await admin.disconnect();
  }
}
