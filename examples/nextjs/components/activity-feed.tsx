import type { Activity } from '@/lib/live/types';
import { clock } from './clock';
import { Panel } from './panel';

export function ActivityFeed({ activity }: { activity: Activity[] }) {
  return (
    <Panel id="activity" title="Activity">
      <div className="feed-box">
        <ol className="feed" reversed>
          {activity.length === 0 && <li className="empty">Quiet so far.</li>}
          {[...activity].reverse().map(({ id, series, name, text, at }) => (
            <li key={id}>
              <span className={`swatch series-${series}`} aria-hidden="true" />
              <span className="feed-text">
                <b>{name}</b> {text}
              </span>
              <time dateTime={at}>{clock(at)}</time>
            </li>
          ))}
        </ol>
      </div>
    </Panel>
  );
}
