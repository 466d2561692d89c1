// Checks of single fields. Each gives the value that can be used, or throws an InputError with a sentence for people.

import { isCourse, isRoom } from '@/lib/courses';

/** Bad input, with the field that is wrong. */
export class InputError extends Error {
  readonly code = 'INVALID_INPUT';

  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
    this.name = 'InputError';
  }
}

/** Text of 1 to `max` characters, without spaces around. */
export function text(field: string, value: unknown, max: number): string {
  if (typeof value !== 'string' || value.trim() === '') throw new InputError(field, `${field} must be a text`);
  const trimmed = value.trim();
  if (trimmed.length > max) {
    throw new InputError(field, `${field} is longer than ${max} characters (${trimmed.length})`);
  }
  return trimmed;
}

export const isId = (value: string): boolean => /^[\p{L}\p{N}._-]{1,64}$/u.test(value);

/** An id as it becomes part of a key: letters, digits, dots, dashes. */
export function id(field: string, value: unknown): string {
  const given = text(field, value, 64);
  if (!isId(given)) {
    throw new InputError(field, `${field} may hold letters, digits, dots, dashes and underscores only`);
  }
  return given;
}

export function courseId(value: unknown): string {
  const given = id('courseId', value);
  if (!isCourse(given)) throw new InputError('courseId', `there is no course ${given}`);
  return given;
}

export function roomId(value: unknown): string {
  const given = id('roomId', value);
  if (!isRoom(given)) throw new InputError('roomId', `there is no room ${given}`);
  return given;
}

export function stars(value: unknown): number {
  const given = Number(value);
  if (!Number.isInteger(given) || given < 1 || given > 5) {
    throw new InputError('stars', 'stars must be a whole number from 1 to 5');
  }
  return given;
}

/** The id of a person from the name: `Ada Lovelace` is `ada-lovelace`. */
export function personId(field: string, name: unknown): string {
  const slug = text(field, name, 40)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  if (slug === '') throw new InputError(field, `${field} needs a letter or a digit`);
  return slug;
}
