// Kafka's own command line tools against the broker that the specs share.

export const sharedBroker = (): string => {
  const address = process.env.KAFKA4_TEST_BROKER;
  if (address === undefined) throw new Error('KAFKA4_TEST_BROKER is not set: run this spec in the project "broker"');
  return address;
};

const CLASSES = {
  TopicCommand: 'org.apache.kafka.tools.TopicCommand',
  ConsoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  ConsumerGroupCommand: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  ConfigCommand: 'kafka.admin.ConfigCommand',
} as const;

/** Gives what the tool printed. */
export async function kafkaTool(tool: keyof typeof CLASSES, args: string[]): Promise<string> {
  const { findJava, runTool } = await import('../../tools/broker/jvm.mjs' as string);
  const { ensureJars } = await import('../../tools/broker/jars.mjs' as string);
  const { java } = findJava();
  const { jars } = await ensureJars(() => {});
  return runTool({ java, jars }, CLASSES[tool], ['--bootstrap-server', sharedBroker(), ...args]);
}
