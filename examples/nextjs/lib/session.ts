// Who is here: a name in a signed cookie. A stand-in for the sign-in that a real application has.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { cookies } from 'next/headers';

export interface User {
  /** Made of the name: lower case, `ada-lovelace`. */
  id: string;
  name: string;
}

const COOKIE = 'edu-matrix-session';
const WEEK_S = 7 * 24 * 60 * 60;
const KEY = Symbol.for('edu-matrix.session-secret.v1');
const holder = globalThis as { [KEY]?: string };

/** Without SESSION_SECRET one of this process: sessions end with it. */
function secret(): string {
  holder[KEY] ??= process.env.SESSION_SECRET || randomBytes(32).toString('hex');
  return holder[KEY];
}

const sign = (payload: string): Buffer => createHmac('sha256', secret()).update(payload).digest();

export async function signIn(user: User): Promise<void> {
  const payload = Buffer.from(JSON.stringify({ ...user, until: Date.now() + WEEK_S * 1000 })).toString('base64url');
  const value = `${payload}.${sign(payload).toString('base64url')}`;
  (await cookies()).set(COOKIE, value, { httpOnly: true, sameSite: 'lax', path: '/', maxAge: WEEK_S });
}

export async function signOut(): Promise<void> {
  (await cookies()).delete(COOKIE);
}

/** Null: nobody, or a cookie that we have not signed. */
export async function currentUser(): Promise<User | null> {
  const [payload = '', signature = ''] = ((await cookies()).get(COOKIE)?.value ?? '').split('.');
  const given = Buffer.from(signature, 'base64url');
  const own = sign(payload);
  if (given.length !== own.length || !timingSafeEqual(given, own)) return null;
  const { id, name, until } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as User & { until: number };
  // The browser forgets it by itself; whoever has copied it does not.
  return until > Date.now() ? { id, name } : null;
}
