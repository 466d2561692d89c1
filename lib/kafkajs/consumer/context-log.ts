/** What the core tells about its connections, in the log of a consumer. */
import type { Context } from '../../kafka/context.js';
import type { Logger } from '../logger.js';

export function logContext(context: Context, logger: Logger, groupId: string): void {
  context.on('connectionError', ({ broker, reason }) => {
    logger.debug(`Connection error: ${reason}`, { broker, groupId });
  });
  context.on('stalled', ({ type: _, ...what }) => {
    // Where handlers take their time nothing is wrong with the connection.
    logger[what.healing ? 'warn' : 'debug']('A partition makes no progress', what);
  });
  context.on('fatal', ({ error }) => logger.error(error.message, { groupId, code: error.code }));
}
