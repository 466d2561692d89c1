/** KafkaMetricsService: counters, rates, percentiles. */
import { singleton } from './context.js';
import { type KafkaInitializationService, kafkaInitializationService } from './initialization.js';
import type { Kafka4Metrics } from './shapes.js';

export class KafkaMetricsService {
  readonly #services: KafkaInitializationService;

  constructor(services: KafkaInitializationService = kafkaInitializationService) {
    this.#services = services;
  }

  /** A snapshot; makes no request. */
  getMetrics(): Kafka4Metrics {
    return this.#services.getMetrics();
  }

  /** The same as Prometheus text (format 0.0.4). */
  prometheus(): string {
    return this.#services.prometheus();
  }
}

export const kafkaMetricsService: KafkaMetricsService = singleton('metrics', () => new KafkaMetricsService());

/** `kafkaMetricsService.getMetrics()`. */
export function getKafkaMetrics(): Kafka4Metrics {
  return kafkaMetricsService.getMetrics();
}
