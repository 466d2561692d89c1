// What the package `kafka4` exports: the services. (KafkaJS's vocabulary joins it in lib/kafkajs.)
export * from './kafka/index.js';
