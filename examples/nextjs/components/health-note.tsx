import type { LiveState } from './live-state';

/** Says what is wrong, in a sentence, while something is. */
export function HealthNote({ live: { connection, health } }: { live: LiveState }) {
  if (connection === 'reconnecting') {
    return <Note tone="wait" title="The connection to the server is lost." text="It is tried again by itself." />;
  }
  if (!health || health.status === 'healthy') return null;
  if (health.status === 'starting') return <Note tone="wait" title="Kafka is starting." text="" />;
  const title = health.status === 'unhealthy' ? 'Kafka cannot be reached.' : 'Something is late, nothing is lost.';
  return <Note tone={health.status === 'unhealthy' ? 'bad' : 'wait'} title={title} text={health.reasons[0] ?? ''} />;
}

function Note({ tone, title, text }: { tone: 'wait' | 'bad'; title: string; text: string }) {
  return (
    <div className={`note ${tone}`} role="status" data-testid="health-note">
      <strong>{title}</strong> <span>{text}</span>
    </div>
  );
}
