export const runtime = 'edge';

/**
 * What happens when code for the edge runtime uses Kafka: there are no sockets and no native addons there, so kafka4
 * answers with an error that says so. (Never a crash of the build.)
 */
export async function GET(): Promise<Response> {
  try {
    const { getKafka4Status } = await import('@/lib/kafka');
    return Response.json(await getKafka4Status());
  } catch (error) {
    const { name, message, code = 'UNKNOWN' } = error as Error & { code?: string };
    return Response.json({ error: { name, code, message } }, { status: 501 });
  }
}
