import { app } from '@/lib/app-state';
import { fullHealth } from '@/lib/health';

export const dynamic = 'force-dynamic';

/** 200 while events flow, 503 when they do not: for load balancers and for people. */
export async function GET(): Promise<Response> {
  const state = app();
  const health = await fullHealth(state);
  const up = (health.status === 'healthy' || health.status === 'degraded') && !state.closing;
  return Response.json(health, { status: up ? 200 : 503, headers: { 'cache-control': 'no-store' } });
}
