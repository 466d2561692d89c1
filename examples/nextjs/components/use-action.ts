'use client';

import { useState, useTransition } from 'react';
import type { Outcome } from '@/app/actions';

/** Runs server actions one at a time and keeps what the last one said. */
export function useAction() {
  const [error, setError] = useState('');
  const [pending, begin] = useTransition();
  const run = (action: () => Promise<Outcome>, done?: () => void) =>
    begin(async () => {
      try {
        const outcome = await action();
        setError(outcome.error ?? '');
        if (!outcome.error) done?.();
      } catch {
        setError('The server could not be reached. Please try again.');
      }
    });
  return { run, pending, error };
}
