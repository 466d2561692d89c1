/** The time of day, for what happened just now. Only for data that came by the stream, never for the server's HTML. */
export const clock = (at: string): string =>
  new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
