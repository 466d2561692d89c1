'use client';

import { type FormEvent, useEffect, useRef, useState } from 'react';
import { say } from '@/app/actions';
import { ROOMS } from '@/lib/courses';
import type { ChatLine } from '@/lib/live/types';
import type { User } from '@/lib/session';
import { Avatar } from './avatar';
import { clock } from './clock';
import { Panel } from './panel';
import { useAction } from './use-action';

export function Chat({ lines, user }: { lines: ChatLine[]; user: User }) {
  const [room, setRoom] = useState<string>(ROOMS[0].id);
  const shown = lines.filter(({ roomId }) => roomId === room);
  const end = useRef<HTMLUListElement>(null);
  const newest = shown.at(-1)?.id;

  // Follows what is new, as a chat does.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is what moves the list
  useEffect(() => {
    end.current?.scrollTo({ top: end.current.scrollHeight });
  }, [newest, room]);

  const rooms = (
    <div className="rooms" role="tablist" aria-label="Rooms">
      {ROOMS.map(({ id, title }) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={`room-${id}`}
          aria-selected={id === room}
          aria-controls="chat-lines"
          onClick={() => setRoom(id)}
        >
          {title}
        </button>
      ))}
    </div>
  );
  return (
    <Panel id="chat" title="Chat" aside={rooms}>
      <ul className="chat-lines" id="chat-lines" ref={end} aria-live="polite">
        {shown.length === 0 && <li className="empty">Nobody has said anything here yet.</li>}
        {shown.map((line) => (
          <li key={line.id} className={line.userId === user.id ? 'chat-line own' : 'chat-line'}>
            <Avatar name={line.name} small />
            <div>
              <p className="line-head">
                <b>{line.name}</b> <time dateTime={line.at}>{clock(line.at)}</time>
              </p>
              <p>{line.text}</p>
            </div>
          </li>
        ))}
      </ul>
      <ChatForm room={room} />
    </Panel>
  );
}

function ChatForm({ room }: { room: string }) {
  const { run, pending, error } = useAction();
  const [words, setWords] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (words.trim() !== '')
      run(
        () => say(room, words),
        () => setWords(''),
      );
  };
  return (
    <form className="row-form" onSubmit={submit}>
      <label className="hidden" htmlFor="chat-text">
        Message
      </label>
      <input
        id="chat-text"
        value={words}
        maxLength={500}
        placeholder="Write a message"
        autoComplete="off"
        onChange={(event) => setWords(event.target.value)}
      />
      <button type="submit" className="primary" disabled={pending}>
        Send
      </button>
      {error && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
