/** Configuration of topics and brokers. */
import { ConfigResourceTypes } from '../enums/index.js';
import { KafkaJSBrokerNotFound } from '../errors/index.js';
import { checkValue, refuse } from './checks.js';
import type { AdminClient } from './client.js';
import { describeCluster } from './metadata.js';
import type { Admin, ConfigEntries, IResourceConfig, ResourceConfigQuery } from './types.js';
import { assertDone, type Verdict } from './verdicts.js';
import { describeLoggers } from './wire/broker-loggers.js';

export type ResourceAnswer = Verdict & {
  resourceType: ConfigResourceTypes;
  resourceName: string;
  configEntries: ConfigEntries[];
};

type Named = { type: ConfigResourceTypes; name: string };

function checkResources(resources: unknown): asserts resources is Named[] {
  if (!Array.isArray(resources)) refuse(`Invalid resources array ${resources}`);
  if (resources.length === 0) refuse('Resources array cannot be empty');
}

function checkName({ name }: Named, resource: object): void {
  if (!name || typeof name !== 'string') refuse(`Invalid resource name ${name}: ${JSON.stringify(resource)}`);
}

export async function describeConfigs(
  client: AdminClient,
  { resources, includeSynonyms = false }: Parameters<Admin['describeConfigs']>[0],
): ReturnType<Admin['describeConfigs']> {
  checkResources(resources);
  for (const each of resources) checkValue(each.type, ConfigResourceTypes, 'resource type', each);
  for (const each of resources) checkName(each, each);
  for (const each of resources as ResourceConfigQuery[]) {
    const { configNames } = each;
    if (configNames == null || Array.isArray(configNames)) continue;
    refuse(`Invalid resource configNames ${configNames}: ${JSON.stringify(each)}`);
  }
  await assertBrokers(client, resources);
  const asked = portions(resources as ResourceConfigQuery[]);
  const answers = await Promise.all(asked.map((portion) => describe(client, distinct(portion))));
  assertDone(answers.flat());
  const shown = asked.flatMap((portion, at) => {
    const byKey = new Map((answers[at] as ResourceAnswer[]).map((answer) => [keyOf(typed(answer)), answer]));
    return portion.flatMap((query) => {
      const answer = byKey.get(keyOf(query));
      return answer === undefined ? [] : [only(answer, query, includeSynonyms)];
    });
  });
  return { resources: shown } as Awaited<ReturnType<Admin['describeConfigs']>>;
}

async function describe(client: AdminClient, resources: ResourceConfigQuery[]): Promise<ResourceAnswer[]> {
  const [first] = resources as [ResourceConfigQuery];
  if (first.type === ConfigResourceTypes.BROKER_LOGGER) return [await describeLoggers(client, first.name)];
  const request = { resources: resources.map(({ type, name }) => ({ kind: type, name })) };
  return client.retrying(['NOT_CONTROLLER'], 'Could not describe configs', () =>
    client.ask<ResourceAnswer[]>('describeConfigs', request),
  );
}

const ofBroker = ({ type }: Named): boolean =>
  type === ConfigResourceTypes.BROKER || type === ConfigResourceTypes.BROKER_LOGGER;

/** A broker answers for itself only, so each is asked in a request of its own; topics are asked about together. */
function portions<R extends Named>(resources: R[]): R[][] {
  const others = resources.filter((resource) => !ofBroker(resource));
  const each = resources.filter(ofBroker).map((resource) => [resource]);
  return others.length > 0 ? [others, ...each] : each;
}

const typed = ({ resourceType, resourceName }: ResourceAnswer): Named => ({ type: resourceType, name: resourceName });

const keyOf = ({ type, name }: Named): string => `${type}/${name}`;

/** librdkafka cannot read an answer that names a resource twice. */
function distinct<R extends Named>(resources: R[]): R[] {
  return [...new Map(resources.map((resource) => [keyOf(resource), resource])).values()];
}

/** A broker that is not there would be waited for until the request's time is over. */
async function assertBrokers(client: AdminClient, resources: Named[]): Promise<void> {
  const names = resources.filter(ofBroker).map(({ name }) => name);
  if (names.length === 0) return;
  const { brokers } = await describeCluster(client);
  const known = new Set(brokers.map(({ nodeId }) => String(nodeId)));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined) throw new KafkaJSBrokerNotFound(`Broker ${missing} not found in the cached metadata`);
}

/** The names that were asked for; librdkafka reads them all. */
function only(answer: ResourceAnswer, query: ResourceConfigQuery, includeSynonyms: boolean) {
  const { errorCode, errorMessage, resourceType, resourceName, configEntries } = answer;
  const names = query.configNames ?? [];
  const wanted = configEntries.filter(({ configName }) => names.length === 0 || names.includes(configName));
  const entries = wanted.map((entry) => {
    const { configSynonyms, ...rest } = entry;
    return { ...rest, configSynonyms: includeSynonyms ? configSynonyms : [] };
  });
  return { errorCode, errorMessage: errorMessage ?? '', resourceType, resourceName, configEntries: entries };
}

export async function alterConfigs(
  client: AdminClient,
  { resources, validateOnly = false }: Parameters<Admin['alterConfigs']>[0],
): Promise<unknown> {
  checkResources(resources);
  for (const each of resources) checkValue(each.type, ConfigResourceTypes, 'resource type', each);
  for (const each of resources) checkName(each, each);
  for (const each of resources) checkEntries(each);
  if (distinct(resources).length < resources.length) {
    refuse('Invalid resources array, it cannot have multiple entries for the same resource');
  }
  await assertBrokers(client, resources);
  const answers = await Promise.all(
    portions(resources).map((portion) => alter(client, portion, Boolean(validateOnly))),
  );
  const all = answers.flat();
  assertDone(all);
  const shown = all.map(({ errorCode, errorMessage, resourceType, resourceName }) => ({
    errorCode,
    errorMessage: errorMessage || null,
    resourceType,
    resourceName,
  }));
  return { resources: shown };
}

function checkEntries(resource: IResourceConfig): void {
  const { configEntries } = resource;
  if (!Array.isArray(configEntries)) {
    refuse(`Invalid resource configEntries ${configEntries}: ${JSON.stringify(resource)}`);
  }
  const valid = (configEntries as unknown[]).every((entry) => {
    const { name, value } = (entry ?? {}) as { name?: unknown; value?: unknown };
    return typeof name === 'string' && typeof value === 'string';
  });
  if (!valid) refuse(`Invalid resource config value: ${JSON.stringify(resource)}`);
}

function alter(client: AdminClient, resources: IResourceConfig[], validateOnly: boolean): Promise<ResourceAnswer[]> {
  const changes = resources.map(({ type, name, configEntries }) => ({
    kind: type,
    name,
    configs: configEntries.map((entry) => [entry.name, entry.value]),
  }));
  return client.retrying(['NOT_CONTROLLER'], 'Could not alter configs', () =>
    client.ask<ResourceAnswer[]>('alterConfigs', { resources: changes, validateOnly }),
  );
}
