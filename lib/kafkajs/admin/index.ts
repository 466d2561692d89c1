/** KafkaJS's admin client. */
import type { Cluster } from '../config/cluster.js';
import { InstrumentationEmitter } from '../events/emitter.js';
import { createAcls, deleteAcls, describeAcls } from './acls.js';
import { AdminClient } from './client.js';
import { alterConfigs, describeConfigs } from './configs.js';
import { adminEvents } from './events.js';
import { fetchOffsets, resetOffsets, setOffsets } from './group-offsets.js';
import { deleteGroups, describeGroups, listGroups } from './groups.js';
import { describeCluster, fetchTopicMetadata, listTopics } from './metadata.js';
import { fetchTopicOffsets, fetchTopicOffsetsByTimestamp } from './offsets.js';
import { alterPartitionReassignments, listPartitionReassignments } from './reassignments.js';
import { deleteTopicRecords } from './records.js';
import { tellRequests } from './requests.js';
import { createPartitions, createTopics, deleteTopics } from './topics.js';
import type { Admin, AdminConfig } from './types.js';

export function createAdmin(cluster: Cluster, config: AdminConfig = {}): Admin {
  const logger = cluster.logger.namespace('Admin');
  const emitter = new InstrumentationEmitter('admin', adminEvents, logger);
  const client = new AdminClient(cluster, logger, cluster.retry(config?.retry), emitter);
  tellRequests(client, emitter);
  const admin: Admin = {
    connect: () => client.connect(),
    disconnect: () => client.disconnect(),
    listTopics: () => listTopics(client),
    createTopics: (request) => createTopics(client, request),
    deleteTopics: (request) => deleteTopics(client, request),
    // It resolves with nothing, as KafkaJS's does, whose type says boolean.
    createPartitions: (request) => createPartitions(client, request) as Promise<unknown> as Promise<boolean>,
    fetchTopicMetadata: (request) => fetchTopicMetadata(client, request),
    describeCluster: () => describeCluster(client),
    events: adminEvents,
    fetchOffsets: (request) => fetchOffsets(client, request),
    fetchTopicOffsets: (topic) => fetchTopicOffsets(client, topic),
    fetchTopicOffsetsByTimestamp: (topic, timestamp) => fetchTopicOffsetsByTimestamp(client, topic, timestamp),
    setOffsets: (request) => setOffsets(client, request),
    resetOffsets: (request) => resetOffsets(client, request),
    describeConfigs: (request) => describeConfigs(client, request),
    alterConfigs: (request) => alterConfigs(client, request),
    on: (name: string, listener: (event: any) => void) => emitter.on(name, listener),
    logger: () => logger,
    listGroups: () => listGroups(client),
    describeGroups: (groupIds) => describeGroups(client, groupIds),
    deleteGroups: (groupIds) => deleteGroups(client, groupIds),
    describeAcls: (filter) => describeAcls(client, filter),
    deleteAcls: (request) => deleteAcls(client, request),
    createAcls: (request) => createAcls(client, request),
    deleteTopicRecords: (request) => deleteTopicRecords(client, request),
    alterPartitionReassignments: (request) => alterPartitionReassignments(client, request),
    listPartitionReassignments: (request) => listPartitionReassignments(client, request),
  };
  return admin;
}
