// What happens to the cluster during a soak, one after the other. Each is over, and the cluster whole, when its promise
// resolves.

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Brokers take turns. @param {number} n */
const broker = (cluster, n) => cluster.ids[n % cluster.ids.length];

/** @type {{ label: string, run: (cluster: import('../faults/cluster/cluster.mjs').Cluster, n: number) => Promise<void> }[]} */
export const FAULTS = [
  {
    label: 'kill -9',
    run: async (cluster, n) => {
      await cluster.kill9(broker(cluster, n));
      await sleep(8_000);
      await cluster.boot(broker(cluster, n));
    },
  },
  {
    label: 'freeze',
    run: async (cluster, n) => {
      cluster.freeze(broker(cluster, n));
      await sleep(15_000);
      cluster.thaw(broker(cluster, n));
    },
  },
  { label: 'roll', run: (cluster) => cluster.roll() },
  {
    label: 'resets',
    run: async (cluster) => {
      for (let i = 0; i < 60; i += 1) {
        for (const proxy of cluster.proxies) proxy.resetAll();
        await sleep(250);
      }
    },
  },
  {
    label: 'half-open',
    run: async (cluster, n) => {
      const proxy = cluster.proxy(broker(cluster, n));
      proxy.halfOpen();
      await sleep(15_000);
      await proxy.normal();
    },
  },
];
