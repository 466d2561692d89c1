/**
 * Access control lists. Not by librdkafka, which has no word for delegation tokens (it leaves them out of answers about all
 * types) and loses the error of DescribeAcls: who may not ask would be told that there are none.
 */
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from '../enums/index.js';
import { checkTexts, checkValue, refuse } from './checks.js';
import type { AdminClient } from './client.js';
import type { AclEntry, AclFilter, Admin, DescribeAclResource } from './types.js';
import { assertDone } from './verdicts.js';
import { type Binding, requestCreation, requestDeletion, requestDescription } from './wire/acls.js';

type Typed = Pick<AclEntry, 'operation' | 'resourcePatternType' | 'permissionType' | 'resourceType'>;

/** By kind, then by entry: which of several errors is told first is KafkaJS's order. */
function checkTypes(entries: Typed[]): void {
  for (const each of entries) checkValue(each.operation, AclOperationTypes, 'operation type', each);
  for (const each of entries) checkValue(each.resourcePatternType, ResourcePatternTypes, 'resource pattern type', each);
  for (const each of entries) checkValue(each.permissionType, AclPermissionTypes, 'permission type', each);
  for (const each of entries) checkValue(each.resourceType, AclResourceTypes, 'resource type', each);
}

const NOT_CONTROLLER = ['NOT_CONTROLLER'];

export async function createAcls(client: AdminClient, { acl }: Parameters<Admin['createAcls']>[0]): Promise<boolean> {
  const list: unknown = acl;
  if (!Array.isArray(list)) refuse(`Invalid ACL array ${acl}`);
  if (acl.length === 0) refuse('Empty ACL array');
  const texts = (name: 'principal' | 'host' | 'resourceName') => {
    checkTexts(
      acl.map((each) => each[name]),
      `Invalid ACL array, the ${name}s have to be a valid string`,
    );
  };
  texts('principal');
  texts('host');
  texts('resourceName');
  checkTypes(acl);
  const acls = acl.map(entryOf);
  await client.retrying(NOT_CONTROLLER, 'Could not create ACL', async () => {
    assertDone(await requestCreation(client, acls));
  });
  return true;
}

function entryOf(acl: AclEntry): AclEntry {
  const { resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType } = acl;
  return { resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType };
}

export async function describeAcls(
  client: AdminClient,
  {
    resourceType,
    resourceName,
    resourcePatternType,
    principal,
    host,
    operation,
    permissionType,
  }: Parameters<Admin['describeAcls']>[0],
): ReturnType<Admin['describeAcls']> {
  checkTexts([principal], 'Invalid principal, the principal have to be a valid string', true);
  checkTexts([host], 'Invalid host, the host have to be a valid string', true);
  checkTexts([resourceName], 'Invalid resourceName, the resourceName have to be a valid string', true);
  checkValue(operation, AclOperationTypes, 'operation type');
  checkValue(resourcePatternType, ResourcePatternTypes, 'resource pattern filter type');
  checkValue(permissionType, AclPermissionTypes, 'permission type');
  checkValue(resourceType, AclResourceTypes, 'resource type');
  const filter = { resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType };
  const found = await client.retrying(NOT_CONTROLLER, 'Could not describe ACL', () =>
    requestDescription(client, filter),
  );
  return { resources: byResource(found) } as Awaited<ReturnType<Admin['describeAcls']>>;
}

function filterOf(filter: AclFilter): AclFilter {
  const { resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType } = filter;
  return { resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType };
}

function byResource(found: Binding[]): DescribeAclResource[] {
  const resources = new Map<string, DescribeAclResource>();
  for (const { resourceType, resourceName, resourcePatternType, ...acl } of found) {
    const key = JSON.stringify([resourceType, resourceName, resourcePatternType]);
    const resource = resources.get(key) ?? { resourceType, resourceName, resourcePatternType, acls: [] };
    const { principal, host, operation, permissionType } = acl;
    resource.acls.push({ principal, host, operation, permissionType });
    resources.set(key, resource);
  }
  return [...resources.values()];
}

export async function deleteAcls(
  client: AdminClient,
  { filters }: Parameters<Admin['deleteAcls']>[0],
): ReturnType<Admin['deleteAcls']> {
  const list: unknown = filters;
  if (!Array.isArray(list)) refuse(`Invalid ACL Filter array ${filters}`);
  if (filters.length === 0) refuse('Empty ACL Filter array');
  const texts = (name: 'principal' | 'host' | 'resourceName') => {
    const message = `Invalid ACL Filter array, the ${name}s have to be a valid string`;
    const values = filters.map((each) => each[name]);
    checkTexts(values, message, true);
  };
  texts('principal');
  texts('host');
  texts('resourceName');
  checkTypes(filters);
  const wanted = filters.map(filterOf);
  const answers = await client.retrying(NOT_CONTROLLER, 'Could not delete ACL', async () => {
    const found = await requestDeletion(client, wanted);
    assertDone(found);
    return found;
  });
  const filterResponses = answers.map(({ errorCode, errorMessage, matchingAcls }) => ({
    errorCode,
    errorMessage,
    matchingAcls: matchingAcls.map((binding) => ({
      errorCode: binding.errorCode,
      errorMessage: binding.errorMessage,
      ...entryOf(binding),
    })),
  }));
  return { filterResponses } as unknown as Awaited<ReturnType<Admin['deleteAcls']>>;
}
