'use client';

import { type FormEvent, useState } from 'react';
import { notify } from '@/app/actions';
import type { Notice } from '@/lib/live/types';
import { Avatar } from './avatar';
import { clock } from './clock';
import { Panel } from './panel';
import { useAction } from './use-action';

export function Notifications({ notices }: { notices: Notice[] }) {
  const aside = notices.length > 0 && <span className="badge">{notices.length}</span>;
  return (
    <Panel id="notifications" title="Notifications" aside={aside}>
      <ul className="notices" aria-live="polite">
        {notices.length === 0 && <li className="empty">Nothing for you yet.</li>}
        {[...notices].reverse().map((notice) => (
          <li key={notice.id} className="notice">
            <Avatar name={notice.from} small />
            <div>
              <p className="line-head">
                <b>{notice.from}</b> <time dateTime={notice.at}>{clock(notice.at)}</time>
              </p>
              <p>{notice.text}</p>
            </div>
          </li>
        ))}
      </ul>
      <NotifyForm />
    </Panel>
  );
}

function NotifyForm() {
  const { run, pending, error } = useAction();
  const [to, setTo] = useState('');
  const [words, setWords] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    run(
      () => notify(to, words),
      () => setWords(''),
    );
  };
  return (
    <form className="row-form" onSubmit={submit}>
      <label className="hidden" htmlFor="notify-to">
        To
      </label>
      <input
        id="notify-to"
        className="short"
        value={to}
        required
        maxLength={40}
        placeholder="To"
        autoComplete="off"
        onChange={(event) => setTo(event.target.value)}
      />
      <label className="hidden" htmlFor="notify-text">
        Notification
      </label>
      <input
        id="notify-text"
        value={words}
        required
        maxLength={200}
        placeholder="Message"
        autoComplete="off"
        onChange={(event) => setWords(event.target.value)}
      />
      <button type="submit" className="secondary" disabled={pending}>
        Notify
      </button>
      {error && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
