// Where enrolments end.

import { MemoryEnrolments } from './enrolments-memory';
import { PostgresEnrolments } from './enrolments-postgres';
import type { Position } from './position';

export interface Enrolment {
  courseId: string;
  userId: string;
  /** ISO 8601. */
  at: string;
}

export interface EnrolmentStore {
  readonly kind: 'postgres' | 'memory';
  /** Idempotent. False: this event, or this person in this course, was recorded before. Rejects when it is not stored. */
  record(position: Position, enrolment: Enrolment): Promise<boolean>;
  coursesOf(userId: string): Promise<string[]>;
  countByCourse(): Promise<Record<string, number>>;
  /** Rejects when the store does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export const openEnrolments = (url: string | undefined): EnrolmentStore =>
  url ? new PostgresEnrolments(url) : new MemoryEnrolments();
