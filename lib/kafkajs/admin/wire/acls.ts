/** CreateAcls, DescribeAcls, DeleteAcls. */
import type { AdminClient } from '../client.js';
import type { AclEntry, AclFilter } from '../types.js';
import { assertDone, type Verdict } from '../verdicts.js';
import { onController } from './brokers.js';
import { type Reader, Writer } from './bytes.js';

const DESCRIBE = { key: 29, version: 1 };
const CREATE = { key: 30, version: 1 };
const DELETE = { key: 31, version: 1 };

export type Binding = Verdict & AclEntry;
export type Deleted = Verdict & { matchingAcls: Binding[] };

function verdictOf(answer: Reader): Verdict {
  return { errorCode: answer.int16(), errorMessage: answer.string() };
}

/** Of ACLs and of filters, which have the same form. */
function write(body: Writer, each: AclEntry | AclFilter): void {
  body
    .int8(each.resourceType)
    .string(each.resourceName ?? null)
    .int8(each.resourcePatternType);
  body
    .string(each.principal ?? null)
    .string(each.host ?? null)
    .int8(each.operation)
    .int8(each.permissionType);
}

function readResource(answer: Reader) {
  return { resourceType: answer.int8(), resourceName: answer.string() ?? '', resourcePatternType: answer.int8() };
}

function readAcl(answer: Reader) {
  const [principal, host] = [answer.string() ?? '', answer.string() ?? ''];
  return { principal, host, operation: answer.int8(), permissionType: answer.int8() };
}

/** A verdict for each. */
export function requestCreation(client: AdminClient, acls: AclEntry[]): Promise<Verdict[]> {
  const body = new Writer();
  body.array(acls, (acl) => write(body, acl));
  return onController(client, async (connection) => {
    const answer = await connection.ask(CREATE, body);
    answer.int32();
    return answer.array(() => verdictOf(answer));
  });
}

export function requestDescription(client: AdminClient, filter: AclFilter): Promise<Binding[]> {
  const body = new Writer();
  write(body, filter);
  return onController(client, async (connection) => {
    const answer = await connection.ask(DESCRIBE, body);
    answer.int32();
    assertDone([verdictOf(answer)]);
    const found = answer.array(() => {
      const resource = readResource(answer);
      return answer.array(() => ({ errorCode: 0, errorMessage: null, ...resource, ...readAcl(answer) }));
    });
    return found.flat();
  });
}

/** What each filter has deleted. */
export function requestDeletion(client: AdminClient, filters: AclFilter[]): Promise<Deleted[]> {
  const body = new Writer();
  body.array(filters, (filter) => write(body, filter));
  return onController(client, async (connection) => {
    const answer = await connection.ask(DELETE, body);
    answer.int32();
    return answer.array(() => {
      const verdict = verdictOf(answer);
      const matchingAcls = answer.array(() => ({ ...verdictOf(answer), ...readResource(answer), ...readAcl(answer) }));
      return { ...verdict, matchingAcls };
    });
  });
}
