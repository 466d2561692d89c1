// jest knows one testTimeout for all projects. A real broker elects, rebalances and restarts: give it a minute.
jest.setTimeout(60_000);
