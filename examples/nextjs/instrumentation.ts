/** Called by Next.js once for each server, before the first request. */
export async function register(): Promise<void> {
  // A block, not an early return: bundlers drop the import from the edge build only when it stands inside.
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { start } = await import('./instrumentation-node');
    start();
  }
}
