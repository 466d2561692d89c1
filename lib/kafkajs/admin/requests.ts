/** REQUEST, REQUEST_TIMEOUT and REQUEST_QUEUE_SIZE of the admin client. */
import type { InstrumentationEmitter } from '../events/emitter.js';
import { requestEvents } from '../events/requests.js';
import type { AdminClient } from './client.js';
import { adminEvents } from './events.js';

/** Of what the core can note: nothing, or every request. */
const [NONE, ALL] = [0, 4];

/** The core notes requests only while somebody listens. */
export function tellRequests(client: AdminClient, emitter: InstrumentationEmitter): void {
  const { REQUEST, REQUEST_TIMEOUT, REQUEST_QUEUE_SIZE } = adminEvents;
  const wanted = () => [REQUEST, REQUEST_TIMEOUT, REQUEST_QUEUE_SIZE].some((name) => emitter.has(name));
  const watch = () => client.core?.watchRequests(wanted() ? ALL : NONE);
  emitter.onListeners(watch);
  client.onOpen((core, context) => {
    watch();
    context.mailbox.addSource(() => {
      if (!wanted()) return;
      const notes = JSON.parse(core.takeRequests()) as object[];
      const texts = notes.map((note) => JSON.stringify(note));
      requestEvents(texts, emitter, adminEvents, client.cluster.clientId);
    });
  });
}
