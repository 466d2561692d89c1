// One page's stream of Server-Sent Events.

import type { AppState } from '@/lib/app-state';
import type { LiveEvent } from './types';

/** Comments keep proxies from closing a stream on which nothing happens. */
const BEAT_MS = 15_000;
/** Chunks that a slow page may be behind; then it is let go, and begins anew with a snapshot. */
const BACKLOG = 512;

/**
 * The listener is freed by whichever comes first: the request is aborted, the stream is cancelled (a tab that closes
 * shows as one or the other), the page does not keep up, the server ends.
 */
export function liveStream(
  state: AppState,
  userId: string,
  signal: AbortSignal,
  first: () => LiveEvent,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let free = () => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (text: string) => {
          if ((controller.desiredSize ?? 0) <= 0) close();
          else controller.enqueue(encoder.encode(text));
        };
        const send = (event: LiveEvent) => write(`event: ${event.kind}\ndata: ${JSON.stringify(event.value)}\n\n`);
        let open = true;
        free = () => {
          open = false;
          clearInterval(beat);
          remove();
          signal.removeEventListener('abort', close);
        };
        function close() {
          if (!open) return;
          free();
          controller.close();
        }
        const beat = setInterval(() => write(': beat\n\n'), BEAT_MS);
        const remove = state.hub.add({ userId, send, close });
        signal.addEventListener('abort', close);
        if (signal.aborted) close();
        else {
          write('retry: 1000\n\n');
          send(first());
        }
      },
      cancel: () => free(),
    },
    { highWaterMark: BACKLOG },
  );
}
