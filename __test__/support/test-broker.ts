// A real Kafka of a spec's own: to be killed, frozen, or reached by other listeners than the shared one has.

type Testing = Awaited<ReturnType<typeof load>>;
export type TestBroker = Awaited<ReturnType<Testing['startTestBroker']>>;

const load = () => import('../../tools/broker/testing.mjs');

/** The caller stops it. */
export async function startTestBroker(options?: Parameters<Testing['startTestBroker']>[0]): Promise<TestBroker> {
  const { startTestBroker: start } = await load();
  return start(options);
}
