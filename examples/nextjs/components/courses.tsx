'use client';

import { enrol, rate } from '@/app/actions';
import { COURSES } from '@/lib/courses';
import type { Totals } from '@/lib/live/types';
import { Panel } from './panel';
import { useAction } from './use-action';

export function Courses({ totals, mine }: { totals: Totals | null; mine: string[] }) {
  return (
    <Panel id="courses" title="Courses" aside={<span className="muted">{mine.length} of yours</span>}>
      <ul className="courses">
        {COURSES.map((course) => (
          <Course
            key={course.id}
            course={course}
            sums={totals?.courses[course.id]}
            enrolled={mine.includes(course.id)}
          />
        ))}
      </ul>
    </Panel>
  );
}

interface CourseProps {
  course: (typeof COURSES)[number];
  sums: Totals['courses'][string] | undefined;
  enrolled: boolean;
}

function Course({ course: { id, title, teacher, hue }, sums, enrolled }: CourseProps) {
  const { run, pending, error } = useAction();
  const mean = sums && sums.ratings > 0 ? sums.stars / sums.ratings : 0;
  return (
    <li className="course" data-testid={`course-${id}`}>
      <span className="course-mark" style={{ '--hue': hue } as never} aria-hidden="true">
        {title[0]}
      </span>
      <div className="course-text">
        <h3>{title}</h3>
        <p className="muted">
          {teacher} · <span data-testid={`enrolled-${id}`}>{sums?.enrolled ?? 0}</span> enrolled
          {mean > 0 && !enrolled && ` · ★\u00a0${mean.toFixed(1)}`}
        </p>
        {error && (
          <p className="form-error" role="alert">
            {error}
          </p>
        )}
      </div>
      {enrolled ? (
        <fieldset className="stars" disabled={pending}>
          <legend className="hidden">Rate {title}</legend>
          {mean > 0 && <span className="mean">{mean.toFixed(1)}</span>}
          {[1, 2, 3, 4, 5].map((stars) => (
            <button
              key={stars}
              type="button"
              className={stars <= Math.round(mean) ? 'star on' : 'star'}
              aria-label={`${stars} of 5`}
              onClick={() => run(() => rate(id, stars))}
            >
              ★
            </button>
          ))}
        </fieldset>
      ) : (
        <button type="button" className="secondary" disabled={pending} onClick={() => run(() => enrol(id))}>
          {pending ? 'Enrolling …' : 'Enrol'}
          <span className="hidden"> in {title}</span>
        </button>
      )}
    </li>
  );
}
