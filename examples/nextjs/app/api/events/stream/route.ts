import { app } from '@/lib/app-state';
import { startPulse } from '@/lib/live/pulse';
import { snapshot } from '@/lib/live/snapshot';
import { liveStream } from '@/lib/live/sse';
import { currentUser } from '@/lib/session';

export const dynamic = 'force-dynamic';

/** Server-Sent Events: a snapshot, then everything that happens (lib/live/types.ts). */
export async function GET(request: Request): Promise<Response> {
  const user = await currentUser();
  if (!user) return Response.json({ error: { code: 'NOT_LOGGED_IN', message: 'log in first' } }, { status: 401 });
  const state = app();
  if (state.closing) return new Response('the server ends', { status: 503 });
  const first = await snapshot(state, user.id);
  const stream = liveStream(state, user.id, request.signal, first);
  startPulse(state);
  // no-transform: a compression in between would hold events back.
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  };
  return new Response(stream, { headers });
}
