/** The helper `heartbeat` of handlers. Heartbeats themselves are sent by the core, however long a handler takes. */
import { protocolErrorNamed } from '../errors/codes.js';
import type { Lane } from './lane.js';

/**
 * Resolves while the partition is ours, and rejects with REBALANCE_IN_PROGRESS once it is taken away: a handler that
 * awaits heartbeats ends soon, and the rebalance does not wait for it.
 */
export function heartbeatOf(lane: Lane): () => Promise<void> {
  return () => {
    if (lane.closed !== 'revoked') return Promise.resolve();
    return Promise.reject(protocolErrorNamed('REBALANCE_IN_PROGRESS'));
  };
}
