/** Configuration of topics and brokers. */
import { ConfigResourceTypes } from '../enums/index.js';
import { checkValue, refuse } from './checks.js';
import type { AdminClient } from './client.js';
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
  if (typeof name !== 'string') refuse(`Invalid resource name ${name}: ${JSON.stringify(resource)}`);
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
  const answers = await Promise.all(portions(resources).map((portion) => describe(client, portion)));
  const all = answers.flat();
  assertDone(all);
  const shown = all.map((answer) => only(answer, resources, includeSynonyms));
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

/** A broker answers for itself only, so each is asked in a request of its own; topics are asked about together. */
function portions<R extends Named>(resources: R[]): R[][] {
  const ofBroker = ({ type }: R) => type === ConfigResourceTypes.BROKER || type === ConfigResourceTypes.BROKER_LOGGER;
  const others = resources.filter((resource) => !ofBroker(resource));
  const each = resources.filter(ofBroker).map((resource) => [resource]);
  return others.length > 0 ? [others, ...each] : each;
}

/** The names that were asked for; librdkafka reads them all. */
function only(answer: ResourceAnswer, resources: ResourceConfigQuery[], includeSynonyms: boolean) {
  const { errorCode, errorMessage, resourceType, resourceName, configEntries } = answer;
  const query = resources.find(({ type, name }) => type === resourceType && name === resourceName);
  const names = query?.configNames ?? [];
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
