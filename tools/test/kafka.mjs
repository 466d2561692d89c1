// Whether a real Apache Kafka can be started here.

/**
 * Looks for Java and for Kafka's jars, which Maven fetches the first time.
 *
 * @returns {Promise<{ available: true } | { available: false, why: string }>}
 */
export async function findKafka() {
  const { findJava } = await import('../broker/jvm.mjs');
  const { ensureJars } = await import('../broker/jars.mjs');
  const { BrokerToolError } = await import('../broker/paths.mjs');
  try {
    findJava();
    await ensureJars((line) => process.stderr.write(`${line}\n`));
    return { available: true };
  } catch (error) {
    if (!(error instanceof BrokerToolError)) throw error;
    return { available: false, why: error.message };
  }
}
