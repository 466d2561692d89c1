// The standalone output of the example, built by Turbopack and moved away, against real Kafka, PostgreSQL and Redis.

import { cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { startTestBroker, type TestBroker } from '../../support/test-broker';
import { type AppCopy, appEnvironment, build, copyApp } from './app-copy';
import { health } from './browser';
import { type CountingServer, startCountingServer } from './counting-server';
import { type Postgres, type Redis, startPostgres, startRedis } from './databases';
import { freePort, Running } from './processes';

export class Standalone {
  app!: AppCopy;
  broker!: TestBroker;
  postgres!: Postgres;
  redis!: Redis;
  server!: Running;
  url = '';
  /** Connections that the build has made to what will be its broker and databases. */
  connectionsOfBuild = 0;
  /** Where the server was moved to. */
  dir = '';
  #port: number | undefined;

  /** Everything but the server. */
  async prepare(): Promise<void> {
    this.broker = await startTestBroker();
    this.postgres = await startPostgres();
    this.redis = await startRedis();
    this.app = await copyApp('packed');
    const nobody = await startCountingServer();
    try {
      await build(this.app.dir, [], reachable(nobody));
    } finally {
      this.connectionsOfBuild = nobody.connections;
      await nobody.close();
    }
    this.#move();
  }

  /** As the documentation of Next.js has it: the static files are copied beside the server. Nothing else remains. */
  #move(): void {
    const { base, dir } = this.app;
    this.dir = join(base, 'elsewhere', 'server');
    cpSync(join(dir, '.next', 'standalone'), this.dir, { recursive: true, verbatimSymlinks: true });
    cpSync(join(dir, '.next', 'static'), join(this.dir, '.next', 'static'), { recursive: true });
    renameSync(dir, join(base, `hidden-${process.pid}`));
  }

  async start(changes: Record<string, string> = {}): Promise<void> {
    // The same one when it starts again: pages know the address.
    this.#port ??= await freePort();
    this.url = `http://localhost:${this.#port}`;
    const env = appEnvironment({
      NODE_ENV: 'production',
      PORT: String(this.#port),
      HOSTNAME: 'localhost',
      NEXT_MANUAL_SIG_HANDLE: 'true',
      KAFKA_BROKER: this.broker.brokers,
      // For the independent reader, which knows no other codec.
      KAFKA_COMPRESSION_TYPE: 'none',
      DATABASE_URL: this.postgres.url,
      REDIS_URL: this.redis.url,
      // Sessions outlive the server.
      SESSION_SECRET: 'of-this-test',
      ...changes,
    });
    this.server = new Running('server.js', process.execPath, ['server.js'], { cwd: this.dir, env });
    await this.healthy();
  }

  healthy = () => this.server.until('health is 200', async () => (await health(this.url))?.code === 200);

  async remove(): Promise<void> {
    await this.server?.stop();
    await Promise.allSettled([this.broker?.stop(), this.postgres?.remove(), this.redis?.remove()]);
    this.app?.remove();
  }
}

export const reachable = ({ address }: CountingServer): Record<string, string> => ({
  KAFKA_BROKER: address,
  DATABASE_URL: `postgres://app@${address}/app`,
  REDIS_URL: `redis://${address}`,
});
