// KafkaJS.

import * as api from '../lib/kafkajs-api.mjs';
import * as peers from '../lib/peers.mjs';

const PACKAGE = 'kafkajs';
const load = async () => (await import(PACKAGE)).default;

export const rows = [{ name: 'kafkajs', title: 'KafkaJS' }];
export const unavailable = () => peers.problem(PACKAGE);
export const version = () => peers.version(PACKAGE);
export const consumer = (...given) => api.consumer(load, ...given);
export const producer = () => api.producer(load);
