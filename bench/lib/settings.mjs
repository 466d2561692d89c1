// What is the same for every client, so that all do the same work.

/** For kafka4 and for the native program, which read it: nobody compresses. Everything else is kafka4's default. */
export const ENVIRONMENT = { KAFKA_COMPRESSION_TYPE: 'none' };

/**
 * For the other clients over librdkafka. Nothing lingers where single messages are awaited, as kafka4 and the native
 * program have it everywhere; where many are sent at once it is librdkafka's default of 5 ms, with which these clients are
 * up to three times faster than without.
 *
 * @param {{ batch: number }} options messages that are sent at once
 */
export const producerProperties = ({ batch }) => ({
  acks: 'all',
  'compression.type': 'none',
  'linger.ms': batch >= 100 ? 5 : 0,
  'sticky.partitioning.linger.ms': 10,
  'socket.nagle.disable': true,
});
export const CONSUMER = {
  'auto.offset.reset': 'earliest',
  'auto.commit.interval.ms': 1_000,
  'fetch.queue.backoff.ms': 5,
  'socket.nagle.disable': true,
};

export const broker = () => process.env.KAFKA_BROKER ?? 'localhost:29092';
