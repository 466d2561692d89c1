// describeConfigs and alterConfigs.

import { unique } from '../support/until';
import { both, rejectionOf } from './support/both';

both('admin configs', (lib) => {
  const { ConfigResourceTypes: Types, ConfigSource } = lib.exports;
  const open = () => lib.open(lib.kafka().admin());
  const topicQuery = (name: string, ...configNames: string[]) => ({ type: Types.TOPIC, name, configNames });
  const byName = <T extends { configName: string }>(entries: T[] = []): T[] =>
    [...entries].sort((a, b) => a.configName.localeCompare(b.configName));

  test('describeConfigs of a topic, by names', async () => {
    const [admin, topic] = [await open(), await lib.topic('configs', 1, { 'retention.ms': '1000' })];
    const resources = [topicQuery(topic, 'cleanup.policy', 'retention.ms')];
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
    const common = { readOnly: false, isSensitive: false, configSynonyms: [] };
    const { configEntries, ...resource } = answer.resources[0] as (typeof answer.resources)[number];
    expect(Object.keys(answer)).toEqual(['resources']);
    expect(resource).toEqual({ errorCode: 0, errorMessage: '', resourceType: Types.TOPIC, resourceName: topic });
    expect(byName(configEntries)).toEqual([
      {
        ...common,
        configName: 'cleanup.policy',
        configValue: 'delete',
        isDefault: true,
        configSource: ConfigSource.DEFAULT_CONFIG,
      },
      {
        ...common,
        configName: 'retention.ms',
        configValue: '1000',
        isDefault: false,
        configSource: ConfigSource.TOPIC_CONFIG,
      },
    ]);
  });

  test('describeConfigs with synonyms', async () => {
    const [admin, topic] = [await open(), await lib.topic('configs', 1, { 'cleanup.policy': 'compact' })];
    const resources = [topicQuery(topic, 'cleanup.policy')];
    const answer = await admin.describeConfigs({ includeSynonyms: true, resources });
    expect(answer.resources[0]?.configEntries[0]?.configSynonyms).toEqual([
      { configName: 'cleanup.policy', configValue: 'compact', configSource: ConfigSource.TOPIC_CONFIG },
      { configName: 'log.cleanup.policy', configValue: 'delete', configSource: ConfigSource.DEFAULT_CONFIG },
    ]);
  });

  test('describeConfigs without names gives all', async () => {
    const [admin, topic] = [await open(), await lib.topic()];
    for (const resource of [{ type: Types.TOPIC, name: topic }, topicQuery(topic)]) {
      const answer = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
      const names = answer.resources[0]?.configEntries.map(({ configName }) => configName) ?? [];
      expect(names.length).toBeGreaterThan(20);
      expect(names).toEqual(expect.arrayContaining(['retention.ms', 'min.insync.replicas', 'max.message.bytes']));
    }
  });

  test('describeConfigs of a broker, with a secret and without', async () => {
    const admin = await open();
    const configNames = ['process.roles', 'ssl.keystore.password'];
    const resources = [{ type: Types.BROKER, name: '1', configNames }];
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
    const [roles, password] = byName(answer.resources[0]?.configEntries);
    expect(roles).toMatchObject({ configName: 'process.roles', readOnly: true, isSensitive: false });
    expect(roles?.configValue).toMatch(/broker/);
    expect(password).toMatchObject({ configValue: null, isSensitive: true });
  });

  test('describeConfigs of topics and a broker at once', async () => {
    const [admin, first, second] = [await open(), await lib.topic(), await lib.topic()];
    const broker = { type: Types.BROKER, name: '1', configNames: ['node.id'] };
    const resources = [topicQuery(first, 'retention.ms'), broker, topicQuery(second, 'retention.ms')];
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
    expect(answer.resources.map(({ resourceName }) => resourceName).sort()).toEqual([first, second, '1'].sort());
    expect(answer.resources.every(({ configEntries }) => configEntries.length === 1)).toBe(true);
  });

  test('describeConfigs of the loggers of a broker', async () => {
    const admin = await open();
    const resources = [{ type: Types.BROKER_LOGGER, name: '1' }];
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
    const [resource] = answer.resources;
    expect(resource).toMatchObject({ errorCode: 0, resourceType: Types.BROKER_LOGGER, resourceName: '1' });
    expect(resource?.configEntries.length).toBeGreaterThan(5);
    expect(resource?.configEntries[0]).toMatchObject({
      configValue: expect.stringMatching(/^[A-Z]+$/),
      configSource: ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG,
      isDefault: false,
    });
  });

  test('describeConfigs of one resource twice', async () => {
    const [admin, topic, other] = [await open(), await lib.topic('configs'), await lib.topic('configs')];
    const resources = [
      topicQuery(topic, 'retention.ms'),
      topicQuery(other, 'retention.ms'),
      topicQuery(topic, 'cleanup.policy'),
      { type: Types.BROKER, name: '1', configNames: ['log.dirs'] },
      { type: Types.BROKER, name: '1', configNames: ['broker.id'] },
    ];
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
    const shown = answer.resources.map(({ resourceName, configEntries }) => [
      resourceName,
      configEntries.map(({ configName }) => configName),
    ]);
    expect(shown).toEqual(resources.map(({ name, configNames }) => [name, configNames]));
  });

  test.each(['99', 'abc', '01'])('a broker %p, which is not there', async (name) => {
    const admin = await open();
    const { BROKER, BROKER_LOGGER } = Types;
    const configEntries = [{ name: 'log.retention.ms', value: '604800000' }];
    const calls = [
      admin.describeConfigs({ includeSynonyms: false, resources: [{ type: BROKER, name }] }),
      admin.describeConfigs({ includeSynonyms: false, resources: [{ type: BROKER_LOGGER, name }] }),
      admin.alterConfigs({ validateOnly: true, resources: [{ type: BROKER, name, configEntries }] }),
    ];
    for (const error of await Promise.all(calls.map((call) => rejectionOf(call)))) {
      expect(error).toBeInstanceOf(lib.exports.KafkaJSBrokerNotFound);
      expect(error.message).toBe(`Broker ${name} not found in the cached metadata`);
    }
  });

  test('a resource without a name', async () => {
    const error = await rejectionOf(
      (await open()).describeConfigs({ includeSynonyms: false, resources: [{ type: Types.BROKER, name: '' }] }),
    );
    expect(error.message).toBe('Invalid resource name : {"type":4,"name":""}');
  });

  // kafkajs waits for an answer that brokers do not give.
  if (lib.isOurs)
    test('alterConfigs of one resource twice', async () => {
      const [admin, topic] = [await open(), await lib.topic('configs')];
      const resource = { type: Types.TOPIC, name: topic, configEntries: [{ name: 'retention.ms', value: '1000' }] };
      const error = await rejectionOf(admin.alterConfigs({ validateOnly: false, resources: [resource, resource] }));
      expect(error).toBeInstanceOf(lib.exports.KafkaJSNonRetriableError);
      expect(error.message).toBe('Invalid resources array, it cannot have multiple entries for the same resource');
    });

  test('describeConfigs of a topic that is not there', async () => {
    const [admin, topic] = [await open(), await lib.topic()];
    const resources = [topicQuery(topic), topicQuery(unique('nothing'))];
    const error = await rejectionOf(admin.describeConfigs({ includeSynonyms: false, resources }));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSProtocolError);
    expect(error.type).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });

  const change = (name: string, ...configEntries: { name: string; value: string }[]) => ({
    validateOnly: false,
    resources: [{ type: Types.TOPIC, name, configEntries }],
  });
  const valuesOf = async (admin: Awaited<ReturnType<typeof open>>, topic: string, ...names: string[]) => {
    const request = { includeSynonyms: false, resources: [topicQuery(topic, ...names)] };
    const entries = (await admin.describeConfigs(request)).resources[0]?.configEntries ?? [];
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
  };

  test('alterConfigs', async () => {
    const [admin, topic] = [await open(), await lib.topic()];
    expect(await admin.alterConfigs(change(topic, { name: 'cleanup.policy', value: 'compact' }))).toEqual({
      resources: [{ errorCode: 0, errorMessage: null, resourceType: Types.TOPIC, resourceName: topic }],
    });
    expect(await valuesOf(admin, topic, 'cleanup.policy')).toEqual({ 'cleanup.policy': 'compact' });
  });

  test('alterConfigs puts back what it does not name', async () => {
    const [admin, topic] = [await open(), await lib.topic('configs', 1, { 'retention.ms': '1000' })];
    await admin.alterConfigs(change(topic, { name: 'cleanup.policy', value: 'compact' }));
    const values = await valuesOf(admin, topic, 'cleanup.policy', 'retention.ms');
    expect(values).toEqual({ 'cleanup.policy': 'compact', 'retention.ms': '604800000' });
    await admin.alterConfigs(change(topic));
    expect(await valuesOf(admin, topic, 'cleanup.policy')).toEqual({ 'cleanup.policy': 'delete' });
  });

  test('alterConfigs with validateOnly changes nothing', async () => {
    const [admin, topic] = [await open(), await lib.topic()];
    await admin.alterConfigs({ ...change(topic, { name: 'cleanup.policy', value: 'compact' }), validateOnly: true });
    expect(await valuesOf(admin, topic, 'cleanup.policy')).toEqual({ 'cleanup.policy': 'delete' });
  });

  test.each([
    [
      'a value that is none',
      (topic: string) => change(topic, { name: 'cleanup.policy', value: 'x' }),
      'INVALID_CONFIG',
    ],
    ['a name that is none', (topic: string) => change(topic, { name: 'nothing', value: 'x' }), 'INVALID_CONFIG'],
    [
      'a topic that is not there',
      () => change(unique('nothing'), { name: 'cleanup.policy', value: 'delete' }),
      'UNKNOWN_TOPIC_OR_PARTITION',
    ],
  ])('alterConfigs with %s', async (_name, request, type) => {
    const [admin, topic] = [await open(), await lib.topic()];
    const error = await rejectionOf(admin.alterConfigs(request(topic)));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSProtocolError);
    expect(error).toMatchObject({ name: 'KafkaJSProtocolError', type });
  });
});
