'use client';

import { logOut } from '@/app/actions';
import type { StoreHealth } from '@/lib/live/types';
import type { User } from '@/lib/session';
import { Avatar } from './avatar';
import { Brand } from './brand';
import type { LiveState } from './live-state';

export function TopBar({ user, live: { connection, health } }: { user: User; live: LiveState }) {
  const stream = { connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting' }[connection];
  const kafka = health?.status ?? 'starting';
  return (
    <header className="top-bar">
      <Brand />
      <ul className="pills" aria-label="Connections" aria-live="polite">
        <Pill id="stream" tone={connection === 'live' ? 'good' : 'wait'} name={stream} pulse />
        <Pill id="kafka" tone={TONES[kafka]} name="Kafka" detail={kafka} title={health?.broker} />
        <StorePill id="enrolments" store={health?.enrolments} name="PostgreSQL" what="Enrolments" />
        <StorePill id="counters" store={health?.counters} name="Redis" what="Counters" />
      </ul>
      <div className="who">
        <Avatar name={user.name} />
        <span className="who-name">{user.name}</span>
        <form action={logOut}>
          <button type="submit" className="quiet">
            Log out
          </button>
        </form>
      </div>
    </header>
  );
}

type Tone = 'good' | 'wait' | 'bad' | 'plain';

const TONES = { healthy: 'good', degraded: 'wait', unhealthy: 'bad', starting: 'wait' } as const;

function StorePill({ id, store, name, what }: { id: string; store?: StoreHealth; name: string; what: string }) {
  if (!store) return null;
  if (store.kind === 'memory') {
    const title = `${what} are kept in memory and end with the server: ${name} is not configured`;
    return <Pill id={id} tone="plain" name={what} detail="in memory" title={title} />;
  }
  const away = store.error !== null;
  return <Pill id={id} tone={away ? 'bad' : 'good'} name={name} detail={away ? 'away' : 'connected'} />;
}

interface PillProps {
  id: string;
  tone: Tone;
  name: string;
  detail?: string;
  title?: string;
  pulse?: boolean;
}

function Pill({ id, tone, name, detail, title, pulse = false }: PillProps) {
  return (
    <li className={`pill ${tone}`} title={title} data-testid={`pill-${id}`} data-tone={tone}>
      <span className={pulse && tone === 'good' ? 'dot pulse' : 'dot'} aria-hidden="true" />
      {name}
      {detail && <span className="pill-detail">{detail}</span>}
    </li>
  );
}
