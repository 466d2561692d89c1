// Which broker a spec uses. To be called at the top of the spec: the library reads its variables at first use.

import { kafkaAdminService, kafkaConsumerService, kafkaInitializationService } from '@/lib/kafka';
import { sharedBroker } from './kafka-tools';

/** The broker in this process. After each test no consumer runs, at the end nothing does. */
export function useEmbeddedBroker(variables: Record<string, string> = {}): void {
  use('embedded', variables);
}

/** The real Apache Kafka that the run started. */
export function useRealBroker(variables: Record<string, string> = {}): void {
  use(sharedBroker(), variables);
}

function use(address: string, variables: Record<string, string>): void {
  Object.assign(process.env, { KAFKA_BROKER: address, KAFKA_LOG_LEVEL: '0', ...variables });
  afterEach(() => kafkaConsumerService.stopAllConsumers());
  afterAll(async () => {
    await kafkaInitializationService.cleanup();
    await kafkaAdminService.disconnect();
  });
}
