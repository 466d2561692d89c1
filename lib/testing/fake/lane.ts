/** A partition that a fake consumer reads. */
import type { NativeLane } from '../../../index.js';
import type { PartitionStatus } from '../../kafka/shapes.js';

export interface FakeLane extends NativeLane {
  id: number;
  /** Offset of the next message to be handed out, and up to which handlers have finished. */
  position: number;
  stored: number | null;
  inHandler: number;
  paused: boolean;
  /** No handler runs any more and nothing is handed out. */
  idle: boolean;
  progressAt: number;
}

/** `stored`: what the group has committed. */
export function newLane(id: number, of: NativeLane, stored: number | null): FakeLane {
  return {
    ...of,
    id,
    position: stored ?? 0,
    stored,
    inHandler: 0,
    paused: false,
    idle: false,
    progressAt: performance.now(),
  };
}

/** `end`: offset after the last message of the partition. */
export function statusOf(lane: FakeLane, end: number): PartitionStatus {
  const { topic, partition, position, stored, inHandler, paused } = lane;
  return {
    topic,
    partition,
    position,
    stored,
    committed: stored,
    highWatermark: end,
    lag: end - (stored ?? 0),
    queued: 0,
    inHandler,
    paused,
    lastProgressMs: Math.round(performance.now() - lane.progressAt),
    stalled: false,
  };
}
