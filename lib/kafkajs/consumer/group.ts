/** Events about the group: who joined with what, and that its members live. */
import type { InstrumentationEmitter } from '../events/emitter.js';
import type { Logger } from '../logger.js';
import { events } from './events.js';
import type { Note } from './notes.js';

export interface GroupHost {
  readonly groupId: string;
  readonly emitter: InstrumentationEmitter;
  readonly logger: Logger;
  identity(): { memberId: string; generationId: number };
}

export interface GroupEvents {
  joined(note: Extract<Note, { type: 'joined' }>, topicsSubscribed: string[]): void;
  heartbeat(): void;
}

export function groupEvents(host: GroupHost): GroupEvents {
  return {
    joined({ memberId, leaderId, protocol, duration, partitions, generation, unsubscribed }, topicsSubscribed) {
      const { groupId, emitter } = host;
      const logger = host.logger.namespace('ConsumerGroup');
      const memberAssignment: Record<string, number[]> = {};
      for (const { topic, partition } of partitions) {
        if (unsubscribed.includes(topic)) continue;
        const known = memberAssignment[topic];
        if (known === undefined) memberAssignment[topic] = [partition];
        else known.push(partition);
      }
      if (unsubscribed.length > 0) {
        const payload = {
          groupId,
          generationId: generation,
          memberId,
          assignedTopics: [...new Set(partitions.map(({ topic }) => topic))],
          topicsSubscribed,
          topicsNotSubscribed: unsubscribed,
        };
        emitter.emit(events.RECEIVED_UNSUBSCRIBED_TOPICS, payload);
        logger.warn('Consumer group received unsubscribed topics', payload);
      }
      const payload = {
        groupId,
        memberId,
        // KIP-848 has no leader.
        leaderId: leaderId ?? '',
        isLeader: leaderId !== null && leaderId === memberId,
        memberAssignment,
        groupProtocol: protocol,
        duration,
      };
      emitter.emit(events.GROUP_JOIN, payload);
      logger.info('Consumer has joined the group', payload);
    },
    heartbeat() {
      const { groupId, emitter } = host;
      const { memberId, generationId } = host.identity();
      // The coordinator answers heartbeats as soon as it has given its assignment, while the offsets to begin from are
      // still looked up. Whoever listens is told of the join first.
      if (memberId === '') return;
      emitter.emit(events.HEARTBEAT, { groupId, memberId, groupGenerationId: generationId });
    },
  };
}
