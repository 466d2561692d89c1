import type { ReactNode } from 'react';

interface PanelProps {
  id: string;
  title: string;
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Panel({ id, title, aside, className = '', children }: PanelProps) {
  return (
    <section className={`card panel ${className}`} aria-labelledby={`${id}-title`} data-testid={id}>
      <header className="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
