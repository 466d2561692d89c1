/** DescribeConfigs of a broker's loggers: librdkafka has no word for this kind of resource. */
import { ConfigResourceTypes } from '../../enums/index.js';
import type { AdminClient } from '../client.js';
import type { ResourceAnswer } from '../configs.js';
import type { ConfigEntries } from '../types.js';
import { onBroker } from './brokers.js';
import { type Reader, Writer } from './bytes.js';

const DESCRIBE_CONFIGS = { key: 32, version: 1 };
const DEFAULT_CONFIG = 5;

/** Of the broker whose id `name` is. */
export function describeLoggers(client: AdminClient, name: string): Promise<ResourceAnswer> {
  const body = new Writer();
  body.array([name], (each) => {
    body
      .int8(ConfigResourceTypes.BROKER_LOGGER)
      .string(each)
      .array(null, () => {});
  });
  body.bool(true);
  return onBroker(client, Number(name), async (connection) => {
    const answer = await connection.ask(DESCRIBE_CONFIGS, body);
    answer.int32();
    const [resource] = answer.array(() => ({
      errorCode: answer.int16(),
      errorMessage: answer.string(),
      resourceType: answer.int8(),
      resourceName: answer.string() ?? '',
      configEntries: answer.array(() => entryOf(answer)),
    }));
    return resource as ResourceAnswer;
  });
}

function entryOf(answer: Reader): ConfigEntries {
  const configName = answer.string();
  const configValue = answer.string();
  const readOnly = answer.bool();
  const configSource = answer.int8();
  const isSensitive = answer.bool();
  const configSynonyms = answer.array(() => ({
    configName: answer.string(),
    configValue: answer.string(),
    configSource: answer.int8(),
  }));
  const isDefault = configSource === DEFAULT_CONFIG;
  return { configName, configValue, readOnly, isDefault, configSource, isSensitive, configSynonyms } as ConfigEntries;
}
