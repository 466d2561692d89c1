import { sumOf } from '@/lib/live/chart';
import type { LiveState } from './live-state';

const WINDOW_S = 10;

export function Tiles({ live: { chart, totals } }: { live: LiveState }) {
  // The second that has just begun would pull the rate down.
  const recent = chart.slice(-WINDOW_S - 1, -1);
  const rate = recent.reduce((sum, bucket) => sum + sumOf(bucket), 0) / WINDOW_S;
  const enrolled = Object.values(totals?.courses ?? {}).reduce((sum, course) => sum + course.enrolled, 0);
  return (
    <section className="tiles" aria-label="In numbers">
      <Tile id="rate" label="Events a second" value={rate < 10 ? rate.toFixed(1) : rate.toFixed(0)} />
      <Tile id="events" label="Events counted" value={grouped(totals?.events)} />
      <Tile id="enrolled" label="Enrolments" value={grouped(enrolled)} />
      <Tile id="messages" label="Chat messages" value={grouped(totals?.messages)} />
      <Tile id="online" label="Online now" value={grouped(totals?.online)} />
    </section>
  );
}

const grouped = (value: number | undefined): string => (value ?? 0).toLocaleString('en');

function Tile({ id, label, value }: { id: string; label: string; value: string }) {
  return (
    <div className="card tile">
      <span className="tile-label">{label}</span>
      <span className="tile-value" data-testid={`tile-${id}`}>
        {value}
      </span>
    </div>
  );
}
