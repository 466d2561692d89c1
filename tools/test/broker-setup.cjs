// One real Apache Kafka broker for all specs of the project `broker`. Specs that stop, break or configure a
// broker start one of their own (tools/broker/testing.mjs).
//
// The workers, which start later, get KAFKA4_TEST_BROKER from this process's environment. A broker that is
// named there from outside is used in place of our own: handy when one works on a single spec.

module.exports = async function startSharedBroker() {
  if (process.env.KAFKA4_TEST_BROKER) return;
  const { startTestBroker } = await import('../broker/testing.mjs');
  const broker = await startTestBroker();
  process.env.KAFKA4_TEST_BROKER = broker.brokers;
  globalThis[Symbol.for('kafka4.test.sharedBroker')] = broker;
};
