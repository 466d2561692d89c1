// The real Kafka that is measured against: one node on the JVM with the compiler and the heap of a server (the tests'
// brokers start faster and run slower), data in memory where there is a memory file system, gone at the end.

import { startTestBroker } from '../../tools/broker/testing.mjs';

/** Later flags win over the test broker's own: full compiler, G1, a heap that never fills. */
const JVM = ['-XX:-UseSerialGC', '-XX:+UseG1GC', '-XX:TieredStopAtLevel=4', '-Xms1g', '-Xmx1g'];

/** @returns {Promise<{ address: string, about: string, own: boolean, stop(): Promise<void> }>} */
export async function openBroker(say) {
  const given = process.env.KAFKA_BROKER;
  if (given !== undefined && given !== '') {
    return { address: given, about: `KAFKA_BROKER=${given}`, own: false, stop: async () => {} };
  }
  say('Starting Apache Kafka');
  const broker = await startTestBroker({
    jvm: JVM,
    projectTopics: true,
    // Deleted topics give their memory back at once.
    properties: {
      'log.segment.delete.delay.ms': 1_000,
      'log.retention.check.interval.ms': 5_000,
      'num.network.threads': 3,
    },
  });
  const { kafkaVersion } = await import('../../tools/broker/jars.mjs');
  const about = `Apache Kafka ${kafkaVersion()}, one node on this machine, heap 1 GiB, data in memory`;
  return { address: broker.brokers, about, own: true, stop: () => broker.stop() };
}
