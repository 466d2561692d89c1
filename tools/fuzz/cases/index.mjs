// All cases with their weights. The cheap ones make the mass; those that open clients or join groups cost thousands of
// times as much and come as rarely.

import { admin, registration, surroundings } from './admin.mjs';
import { publishEvent } from './events.mjs';
import { handler } from './handlers.mjs';
import { consumerLifecycle, initializationLifecycle, producerLifecycle } from './lifecycle.mjs';
import { publishBatch, publishTransaction } from './publish.mjs';
import {
  clientWithProperties,
  configuration,
  environment,
  liveConfiguration,
  tlsFiles,
  tokenProvider,
} from './settings.mjs';

/** @typedef {(trial: import('../trial.mjs').Trial) => unknown} Case */

/** Of 100,000. @type {readonly (readonly [number, Case])[]} */
export const CASES = [
  [46_000, publishBatch],
  [26_000, publishEvent],
  [12_000, configuration],
  [4_000, liveConfiguration],
  [5_000, registration],
  [3_000, handler],
  [2_000, admin],
  [1_000, surroundings],
  [600, publishTransaction],
  [100, environment],
  [100, producerLifecycle],
  [60, clientWithProperties],
  [60, tlsFiles],
  [60, tokenProvider],
  [20, consumerLifecycle],
  [20, initializationLifecycle],
];
