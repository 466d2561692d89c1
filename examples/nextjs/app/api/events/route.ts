import { Kafka4Error, KafkaSerializationError, KafkaValidationError } from '@/lib/kafka';
import { NotConfirmedError, publish } from '@/lib/publish';
import { currentUser } from '@/lib/session';
import { eventInput } from '@/lib/validate/event-input';
import { InputError } from '@/lib/validate/fields';

export const dynamic = 'force-dynamic';

const MAX_BYTES = 64 * 1024;

/**
 * Publishes one event. 200 means that the brokers have acknowledged it, with where it is stored; 400 that the input cannot
 * be used, with the field; 503 that Kafka did not take it (`retriable` tells whether to try again).
 */
export async function POST(request: Request): Promise<Response> {
  const user = await currentUser();
  if (!user) return refuse(401, 'NOT_LOGGED_IN', 'log in first');
  if (!request.headers.get('content-type')?.startsWith('application/json')) {
    return refuse(415, 'NOT_JSON', 'send JSON, with content-type: application/json');
  }
  const text = await bodyOf(request);
  if (text === null) return refuse(413, 'TOO_LARGE', `the body is larger than ${MAX_BYTES} bytes`);
  try {
    const stored = await publish(eventInput(parse(text)), user);
    return Response.json({ stored });
  } catch (error) {
    return answer(error);
  }
}

/** Null: it is too large. Read chunk by chunk: whoever sends gigabytes must not fill the memory before being refused. */
async function bodyOf(request: Request): Promise<string | null> {
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > MAX_BYTES) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError('body', 'the body is no JSON');
  }
}

function answer(error: unknown): Response {
  if (error instanceof InputError) return refuse(400, error.code, error.message, { field: error.field });
  if (error instanceof KafkaValidationError || error instanceof KafkaSerializationError) {
    return refuse(400, error.code, error.message);
  }
  if (error instanceof Kafka4Error || error instanceof NotConfirmedError) {
    return refuse(503, error.code, error.message, { retriable: error.retriable });
  }
  throw error;
}

const refuse = (status: number, code: string, message: string, more: object = {}): Response =>
  Response.json({ error: { code, message, ...more } }, { status });
