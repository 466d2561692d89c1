// The fault lab's proxy between a client and one broker, for specs: half-open, refuse, latency, resets.

interface FaultProxy {
  readonly address: string;
  readonly connections: number;
  aim(port: number): void;
  latency(ms: number): void;
  resetAll(): void;
  /** Connections stay open, also new ones, and nothing passes any more. */
  halfOpen(): void;
  refuse(): Promise<void>;
  normal(): Promise<void>;
  close(): Promise<void>;
}

export async function openProxy(): Promise<FaultProxy> {
  const { BrokerProxy } = (await import('../../tools/faults/cluster/proxy.mjs' as string)) as {
    BrokerProxy: { open(): Promise<FaultProxy> };
  };
  return BrokerProxy.open();
}
