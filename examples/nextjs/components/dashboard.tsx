'use client';

import type { User } from '@/lib/session';
import { ActivityFeed } from './activity-feed';
import { Chart } from './chart';
import { Chat } from './chat';
import { Courses } from './courses';
import { HealthNote } from './health-note';
import { Notifications } from './notifications';
import { Tiles } from './tiles';
import { TopBar } from './top-bar';
import { useLive } from './use-live';

export function Dashboard({ user }: { user: User }) {
  const live = useLive(user.id);
  return (
    <div className="shell">
      <TopBar user={user} live={live} />
      <HealthNote live={live} />
      <main className="grid">
        <Tiles live={live} />
        <Chart chart={live.chart} />
        <Courses totals={live.totals} mine={live.mine} />
        <Chat lines={live.chat} user={user} />
        <Notifications notices={live.notices} />
        <ActivityFeed activity={live.activity} />
      </main>
    </div>
  );
}
