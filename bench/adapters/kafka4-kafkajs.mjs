// kafka4 by KafkaJS's API: the code of the row of KafkaJS with another import.

import * as api from '../lib/kafkajs-api.mjs';

/** Loaded by the worker only, as in kafka4.mjs. */
const load = () => import('../../dist/index.mjs');

export { version } from './kafka4.mjs';
export const rows = [{ name: 'kafka4-kafkajs', title: 'kafka4, KafkaJS’s API' }];
export const consumer = (...given) => api.consumer(load, ...given);
export const producer = () => api.producer(load);
