// Ends the broker that broker-setup.cjs has started.

module.exports = async function stopSharedBroker() {
  await globalThis[Symbol.for('kafka4.test.sharedBroker')]?.stop();
};
