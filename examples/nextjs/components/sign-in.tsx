'use client';

import { useActionState } from 'react';
import { logIn } from '@/app/actions';
import { Brand } from './brand';

export function SignIn() {
  const [{ error }, submit, pending] = useActionState(logIn, {});
  return (
    <main className="sign-in">
      <form action={submit} className="card sign-in-card">
        <Brand />
        <h1>A campus that lives on events</h1>
        <p className="muted">
          Courses, chat, notifications and analytics: everything on the next page has travelled through Kafka.
        </p>
        <label htmlFor="name">Your name</label>
        <input id="name" name="name" required maxLength={40} autoComplete="name" placeholder="Ada Lovelace" />
        {error && (
          <p className="form-error" role="alert">
            {error}
          </p>
        )}
        <button type="submit" className="primary" disabled={pending}>
          {pending ? 'One moment …' : 'Enter'}
        </button>
      </form>
    </main>
  );
}
