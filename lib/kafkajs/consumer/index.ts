/** KafkaJS's consumer. */
import type { Cluster } from '../config/cluster.js';
import { InstrumentationEmitter } from '../events/emitter.js';
import { ConsumerClient } from './client.js';
import { events } from './events.js';
import type { Consumer, ConsumerConfig } from './types.js';

/** What is given where nothing is: refused as KafkaJS does. */
const NOTHING: ConsumerConfig = { groupId: '' };

/** Throws KafkaJS's errors for a configuration that cannot be used; connects to nothing. */
export function createConsumer(cluster: Cluster, config: ConsumerConfig | undefined): Consumer {
  const logger = cluster.logger.namespace('Consumer');
  const emitter = new InstrumentationEmitter('consumer', events, logger);
  const client = new ConsumerClient(cluster, config ?? NOTHING, emitter, logger);
  return {
    connect: () => client.connect(),
    disconnect: () => client.disconnect(),
    subscribe: (subscription) => client.subscribe(subscription),
    stop: () => client.stop(),
    run: (runConfig) => client.run(runConfig),
    commitOffsets: (topicPartitions) => client.commitOffsets(topicPartitions),
    seek: (target) => client.seek(target),
    describeGroup: () => client.describeGroup(),
    pause: (topics) => client.pause(topics),
    paused: () => client.paused(),
    resume: (topics) => client.resume(topics),
    on: ((name: string, listener: (event: any) => void) => emitter.on(name, listener)) as Consumer['on'],
    events,
    logger: () => logger,
  };
}
