import { app } from '@/lib/app-state';
import { kafkaMetricsService } from '@/lib/kafka';

export const dynamic = 'force-dynamic';

/** kafka4's metrics and the application's own, for Prometheus. */
export function GET(): Response {
  const { hub, starts } = app();
  const own = [
    gauge('edu_matrix_live_listeners', 'Pages with an open stream.', hub.listeners),
    gauge('edu_matrix_starts', 'How often this process has begun to consume; more than 1 is a mistake.', starts),
    gauge('edu_matrix_events', 'Events handled since the start, each delivery counted.', hub.chart.total),
  ];
  const text = `${kafkaMetricsService.prometheus().trimEnd()}\n${own.join('')}`;
  return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
}

const gauge = (name: string, help: string, value: number): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`;
