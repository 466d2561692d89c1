// Enrolments in PostgreSQL. The position of the event is the primary key: an event that is delivered twice is one row.

import { Pool } from 'pg';
import type { Enrolment, EnrolmentStore } from './enrolments';
import type { Position } from './position';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS enrolments (
    cluster      text        NOT NULL,
    topic        text        NOT NULL,
    partition_id integer     NOT NULL,
    offset_id    bigint      NOT NULL,
    course_id    text        NOT NULL,
    user_id      text        NOT NULL,
    enrolled_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cluster, topic, partition_id, offset_id),
    UNIQUE (course_id, user_id)
  )`;

/** Any number, the same in every process: two that create the table at once would disturb each other. */
const SCHEMA_LOCK = 7_239_481;

export class PostgresEnrolments implements EnrolmentStore {
  readonly kind = 'postgres';
  readonly #pool: Pool;
  #prepared: Promise<void> | undefined;

  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url, max: 4, connectionTimeoutMillis: 3_000, query_timeout: 5_000 });
    // An idle connection that breaks is replaced at the next query, which tells it if it cannot be.
    this.#pool.on('error', () => {});
  }

  async record({ cluster, topic, partition, offset }: Position, { courseId, userId, at }: Enrolment): Promise<boolean> {
    await this.#prepare();
    const { rowCount } = await this.#pool.query(
      `INSERT INTO enrolments (cluster, topic, partition_id, offset_id, course_id, user_id, enrolled_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
      [cluster, topic, partition, offset, courseId, userId, at],
    );
    return rowCount === 1;
  }

  async coursesOf(userId: string): Promise<string[]> {
    await this.#prepare();
    const { rows } = await this.#pool.query('SELECT course_id FROM enrolments WHERE user_id = $1', [userId]);
    return rows.map((row) => row.course_id);
  }

  async countByCourse(): Promise<Record<string, number>> {
    await this.#prepare();
    const { rows } = await this.#pool.query('SELECT course_id, count(*)::int AS n FROM enrolments GROUP BY course_id');
    return Object.fromEntries(rows.map((row) => [row.course_id, row.n]));
  }

  async check(): Promise<void> {
    await this.#pool.query('SELECT 1');
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  /** Once; after a failure the next caller tries again. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#createTable().catch((error) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #createTable(): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
      await client.query(SCHEMA);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}
