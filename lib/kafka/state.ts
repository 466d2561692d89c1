/**
 * What there is once in a process (in a worker thread, in a sandbox of a test runner), however often and from however
 * many folders this package is loaded: the services, their context, and the addon whose objects they are.
 */
import type * as Native from '../../index.js';
import type { Context } from './context.js';

interface State {
  /**
   * The addon that was loaded first. A second copy of the package must not load its own: its classes would take the
   * first one's objects for theirs, and have clients, threads and an embedded broker of their own.
   */
  binding?: typeof Native;
  context?: Context;
  singletons: Map<string, unknown>;
}

const KEY = Symbol.for('kafka4.state.v1');

export function state(): State {
  const holder = globalThis as unknown as Record<symbol, State | undefined>;
  const known = holder[KEY];
  if (known !== undefined) return known;
  const created: State = { singletons: new Map() };
  holder[KEY] = created;
  return created;
}
