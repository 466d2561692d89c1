// createAcls, describeAcls, deleteAcls, what a client without rights is told, and the requests of our own over TLS and SASL.

import { readFileSync } from 'node:fs';
import type { AclEntry, AclFilter, Admin, KafkaConfig, SASLOptions } from 'kafkajs';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { unique } from '../support/until';
import { both, rejectionOf } from './support/both';

let broker: TestBroker;

beforeAll(async () => {
  broker = await startTestBroker({
    listeners: ['SASL_PLAINTEXT', 'SASL_SSL', 'MTLS'],
    users: { alice: 'alice-secret', root: 'root-secret' },
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:root;User:test-client',
    },
  });
});
afterAll(() => broker?.stop());

const retry = { retries: 1, initialRetryTime: 20 };
const plain = (username: string): SASLOptions => ({ mechanism: 'plain', username, password: `${username}-secret` });
const tls = () => ({ ca: [readFileSync(broker.tls?.ca as string, 'utf8')] });

both('admin ACLs', (lib) => {
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = lib.exports;
  const open = (config: Partial<KafkaConfig> = {}): Promise<Admin> =>
    lib.open(lib.kafka({ brokers: [broker.brokers], retry, ...config }).admin());

  const entry = (resourceName: string, more: Partial<AclEntry> = {}): AclEntry => ({
    resourceType: AclResourceTypes.TOPIC,
    resourceName,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:bob',
    host: '*',
    operation: AclOperationTypes.READ,
    permissionType: AclPermissionTypes.ALLOW,
    ...more,
  });
  const filter = (resourceName: string, more: Partial<AclFilter> = {}): AclFilter => ({
    resourceType: AclResourceTypes.TOPIC,
    resourceName,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
    ...more,
  });
  /** Brokers give them in no order. */
  const described = async (admin: Admin, wanted: AclFilter) => {
    const answer = await admin.describeAcls(wanted);
    for (const { acls } of answer.resources) acls.sort((a, b) => a.operation - b.operation);
    return answer;
  };

  test('createAcls and describeAcls', async () => {
    const [admin, name] = [await open(), unique('acl')];
    const write = entry(name, { operation: AclOperationTypes.WRITE, permissionType: AclPermissionTypes.DENY });
    expect(await admin.createAcls({ acl: [entry(name), write] })).toBe(true);
    expect(await described(admin, filter(name))).toEqual({
      resources: [
        {
          resourceType: AclResourceTypes.TOPIC,
          resourceName: name,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          acls: [
            { principal: 'User:bob', host: '*', operation: 3, permissionType: 3 },
            { principal: 'User:bob', host: '*', operation: 4, permissionType: 2 },
          ],
        },
      ],
    });
  });

  test('createAcls twice is once', async () => {
    const [admin, name] = [await open(), unique('acl')];
    await admin.createAcls({ acl: [entry(name)] });
    await admin.createAcls({ acl: [entry(name)] });
    expect((await admin.describeAcls(filter(name))).resources[0]?.acls).toHaveLength(1);
  });

  test('describeAcls of what is not there', async () => {
    const admin = await open();
    expect(await admin.describeAcls(filter(unique('nothing')))).toEqual({ resources: [] });
  });

  test('describeAcls by principal, host, operation, and by a match', async () => {
    const [admin, name] = [await open(), unique('acl')];
    const prefixed = entry(name.slice(0, 8), { resourcePatternType: ResourcePatternTypes.PREFIXED });
    const ann = entry(name, { principal: 'User:ann', host: '10.0.0.1', operation: AclOperationTypes.ALL });
    await admin.createAcls({ acl: [entry(name), ann, prefixed] });
    const count = async (more: Partial<AclFilter>) => {
      const { resources } = await admin.describeAcls(filter(name, more));
      return resources.flatMap(({ acls }) => acls).length;
    };
    expect(await count({})).toBe(2);
    expect(await count({ principal: 'User:ann' })).toBe(1);
    expect(await count({ host: '10.0.0.1' })).toBe(1);
    expect(await count({ operation: AclOperationTypes.READ })).toBe(1);
    expect(await count({ permissionType: AclPermissionTypes.DENY })).toBe(0);
    expect(await count({ resourcePatternType: ResourcePatternTypes.MATCH })).toBeGreaterThanOrEqual(3);
    await admin.deleteAcls({
      filters: [filter(prefixed.resourceName, { resourcePatternType: ResourcePatternTypes.PREFIXED })],
    });
  });

  test('ACLs of every type of resource, listed together', async () => {
    const [admin, name] = [await open(), unique('acl')];
    const of = (resourceType: number, resourceName = name) =>
      entry(resourceName, { resourceType, operation: AclOperationTypes.DESCRIBE, principal: `User:${name}` });
    const all = [
      of(AclResourceTypes.TOPIC),
      of(AclResourceTypes.GROUP),
      of(AclResourceTypes.CLUSTER, 'kafka-cluster'),
      of(AclResourceTypes.TRANSACTIONAL_ID),
      of(AclResourceTypes.DELEGATION_TOKEN),
    ];
    expect(await admin.createAcls({ acl: all })).toBe(true);
    const wanted = {
      resourceType: AclResourceTypes.ANY,
      resourcePatternType: ResourcePatternTypes.ANY,
      principal: `User:${name}`,
      operation: AclOperationTypes.ANY,
      permissionType: AclPermissionTypes.ANY,
    };
    const types = (list: { resourceType: number }[] = []) => list.map(({ resourceType }) => resourceType).sort();
    expect(types((await admin.describeAcls(wanted)).resources)).toEqual([2, 3, 4, 5, 6]);
    const { filterResponses } = await admin.deleteAcls({ filters: [wanted] });
    expect(types(filterResponses[0]?.matchingAcls)).toEqual([2, 3, 4, 5, 6]);
    expect(await admin.describeAcls(wanted)).toEqual({ resources: [] });
  });

  test('deleteAcls tells what it has deleted', async () => {
    const [admin, name] = [await open(), unique('acl')];
    await admin.createAcls({ acl: [entry(name)] });
    const answer = await admin.deleteAcls({ filters: [filter(name), filter(unique('nothing'))] });
    expect(answer).toEqual({
      filterResponses: [
        { errorCode: 0, errorMessage: null, matchingAcls: [{ errorCode: 0, errorMessage: null, ...entry(name) }] },
        { errorCode: 0, errorMessage: null, matchingAcls: [] },
      ],
    });
    expect(await admin.describeAcls(filter(name))).toEqual({ resources: [] });
  });

  test('createAcls for what is no principal', async () => {
    const admin = await open();
    const error = await rejectionOf(admin.createAcls({ acl: [entry(unique('acl'), { principal: 'bob' })] }));
    expect(error).toMatchObject({ name: 'KafkaJSProtocolError', type: 'INVALID_REQUEST', code: 42, retriable: false });
  });

  test('createAcls of an operation that only filters have', async () => {
    const admin = await open();
    const error = await rejectionOf(
      admin.createAcls({ acl: [entry(unique('acl'), { operation: AclOperationTypes.ANY })] }),
    );
    expect(error).toMatchObject({ name: 'KafkaJSProtocolError', type: 'UNKNOWN', code: -1 });
  });

  test('describeAcls of no type', async () => {
    const admin = await open();
    const error = await rejectionOf(admin.describeAcls(filter('any', { resourceType: AclResourceTypes.UNKNOWN })));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSConnectionError);
    expect(error.retriable).toBe(true);
  });

  test('a client without rights', async () => {
    const admin = await open({ brokers: [broker.endpoints.SASL_PLAINTEXT as string], sasl: plain('alice') });
    const topic = unique('denied');
    const creating = await rejectionOf(admin.createTopics({ topics: [{ topic }] }));
    expect(creating.errors[0]).toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED', code: 29, topic });
    const allowing = await rejectionOf(admin.createAcls({ acl: [entry(topic)] }));
    expect(allowing).toMatchObject({ type: 'CLUSTER_AUTHORIZATION_FAILED', code: 31, retriable: false });
    const deleting = await rejectionOf(admin.deleteAcls({ filters: [filter(topic)] }));
    expect(deleting).toMatchObject({ type: 'CLUSTER_AUTHORIZATION_FAILED', code: 31, retriable: false });
    const describing = await rejectionOf(admin.describeAcls(filter(topic)));
    expect(describing).toMatchObject({ type: 'CLUSTER_AUTHORIZATION_FAILED', code: 31, retriable: false });
    const reassigning = await rejectionOf(admin.listPartitionReassignments({}));
    expect(reassigning).toMatchObject({ type: 'CLUSTER_AUTHORIZATION_FAILED', code: 31, retriable: false });
  });

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    'reassignments over TLS with %s',
    async (mechanism) => {
      const sasl = { mechanism, username: 'root', password: 'root-secret' } as SASLOptions;
      const admin = await open({ brokers: [broker.endpoints.SASL_SSL as string], ssl: tls(), sasl });
      expect(await admin.listPartitionReassignments({})).toEqual({ topics: [] });
      expect(await admin.listTopics()).toEqual(expect.any(Array));
    },
  );

  test('reassignments with a token', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1_000);
    const value = `${part({ alg: 'none' })}.${part({ sub: 'root', iat: now, exp: now + 600 })}.`;
    const sasl: SASLOptions = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value }) };
    const admin = await open({ brokers: [broker.endpoints.SASL_PLAINTEXT as string], sasl });
    expect(await admin.listPartitionReassignments({})).toEqual({ topics: [] });
  });

  test('reassignments with a certificate of the client', async () => {
    const file = (path: string | undefined) => readFileSync(path as string, 'utf8');
    const ssl = { ...tls(), cert: file(broker.tls?.cert), key: file(broker.tls?.key) };
    const admin = await open({ brokers: [broker.endpoints.MTLS as string], ssl });
    expect(await admin.listPartitionReassignments({})).toEqual({ topics: [] });
  });
});
