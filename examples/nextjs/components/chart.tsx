'use client';

import { useState } from 'react';
import { simulate } from '@/app/actions';
import { sumOf } from '@/lib/live/chart';
import { type Bucket, SERIES, type Series } from '@/lib/live/types';
import { Panel } from './panel';
import { useAction } from './use-action';

const NAMES: Record<Series, string> = {
  user: 'Users',
  course: 'Courses',
  chat: 'Chat',
  notification: 'Notifications',
  analytics: 'Analytics',
};

const WIDTH = 600;
const HEIGHT = 132;
const SECONDS = 60;
const STEP = WIDTH / SECONDS;
const GRID_LINES = 4;

/** Events a second of the last minute, stacked by topic. */
export function Chart({ chart }: { chart: Bucket[] }) {
  const { run, pending, error } = useAction();
  const [at, setAt] = useState<Bucket | null>(null);
  const top = ceiling(Math.max(...chart.map(sumOf), 0));
  const total = chart.reduce((sum, bucket) => sum + sumOf(bucket), 0);
  const aside = (
    <button type="button" className="secondary" disabled={pending} onClick={() => run(simulate)}>
      Simulate a class
    </button>
  );
  return (
    <Panel id="chart" title="Events a second" aside={aside} className="chart-panel">
      <ul className="legend">
        {SERIES.map((series) => (
          <li key={series}>
            <span className={`swatch series-${series}`} aria-hidden="true" />
            {NAMES[series]}
            {at && <b>{at.counts[series]}</b>}
          </li>
        ))}
      </ul>
      <div className="plot">
        <div className="axis" aria-hidden="true">
          {[4, 3, 2, 1, 0].map((line) => (
            <span key={line}>{(top * line) / GRID_LINES}</span>
          ))}
        </div>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${total} events in the last minute`}
          data-testid="chart-svg"
          data-total={total}
          data-last={chart.at(-1)?.second}
          onPointerLeave={() => setAt(null)}
        >
          {[0, 1, 2, 3, 4].map((line) => (
            <line
              key={line}
              x1="0"
              x2={WIDTH}
              y1={(HEIGHT * line) / 4}
              y2={(HEIGHT * line) / 4}
              className="grid-line"
            />
          ))}
          {chart.map((bucket, i) => (
            <g key={bucket.second} transform={`translate(${i * STEP} 0)`} onPointerEnter={() => setAt(bucket)}>
              <rect width={STEP} height={HEIGHT} fill="transparent" />
              {bars(bucket, top).map(({ series, y, height }) => (
                <rect key={series} className={`bar series-${series}`} x="1" width={STEP - 2} y={y} height={height} />
              ))}
            </g>
          ))}
        </svg>
      </div>
      <div className="time-axis" aria-hidden="true">
        <span>60 s ago</span>
        <span>45</span>
        <span>30</span>
        <span>15</span>
        <span>now</span>
      </div>
      {error && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
    </Panel>
  );
}

function bars(bucket: Bucket, top: number) {
  let below = HEIGHT;
  return SERIES.filter((series) => bucket.counts[series] > 0).map((series) => {
    const height = (bucket.counts[series] / top) * HEIGHT;
    below -= height;
    return { series, y: below, height };
  });
}

/** A round number that is not below: 4, 8, 20, 40, 80, 200 … */
function ceiling(highest: number): number {
  let scale = 4;
  while (true) {
    for (const factor of [1, 2, 5]) if (highest <= scale * factor) return scale * factor;
    scale *= 10;
  }
}
