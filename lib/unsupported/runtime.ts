/**
 * What bundlers get in place of the package where it cannot run: in a browser, in the Edge runtime, in workerd. The names
 * are all there (dist/unsupported/index.js, written by tools/package/unsupported.mjs), so that a module that merely
 * imports one of them still links; using one throws, and says where the package belongs.
 */
import { KafkaNotSupportedError } from '../kafka/errors.js';

/** Asked of every value by consoles, `await`, React's hot reload and module systems: these must not throw. */
const HARMLESS = new Set([
  'then',
  'toJSON',
  'constructor',
  'prototype',
  'name',
  'displayName',
  '$$typeof',
  '__esModule',
]);

/**
 * @param name the export that was used, for the message and `details.name`
 * @returns the error, with the code `ERR_KAFKA_UNSUPPORTED_RUNTIME`
 */
export function unsupported(name: string): KafkaNotSupportedError {
  const runtime = runtimeName();
  return new KafkaNotSupportedError(
    'ERR_KAFKA_UNSUPPORTED_RUNTIME',
    `kafka4 was used (${name}) in ${runtime}, where it cannot run: its native part and its TCP connections need Node.js. ` +
      `Import it in code of the server only. ${ADVICE[runtime] ?? ADVICE.default}`,
    { fatal: true, details: { name, runtime } },
  );
}

const ADVICE: Record<string, string> = {
  'the Edge runtime':
    "In Next.js say `export const runtime = 'nodejs'` in the route, page or middleware that imports it; in " +
    "instrumentation.ts import it inside `if (process.env.NEXT_RUNTIME === 'nodejs') { … }`.",
  'Cloudflare Workers': 'Call a service that runs on Node.js instead, by HTTP.',
  'a browser': 'In Next.js use it in route handlers and server actions, not in modules that start with "use client".',
  "Node.js, but with a bundler's or test runner's conditions for browsers":
    'In jest use `testEnvironment: "node"` for this file (`@jest-environment node` in its first comment); in a bundler ' +
    'build for the target node.',
  default: "In Next.js say `export const runtime = 'nodejs'` in the file that imports it.",
};

function runtimeName(): string {
  const scope = globalThis as { EdgeRuntime?: unknown; window?: unknown; navigator?: { userAgent?: unknown } };
  // Edge runtimes define a `process` of their own, but no versions.
  if (typeof process === 'object' && typeof process?.versions?.node === 'string' && scope.EdgeRuntime === undefined) {
    return "Node.js, but with a bundler's or test runner's conditions for browsers";
  }
  if (scope.EdgeRuntime !== undefined) return 'the Edge runtime';
  if (scope.navigator?.userAgent === 'Cloudflare-Workers') return 'Cloudflare Workers';
  return scope.window === undefined ? 'a runtime without Node.js' : 'a browser';
}

/** A function that throws when it is called. */
export function stubFunction(name: string): () => never {
  const stub = () => {
    throw unsupported(name);
  };
  return Object.defineProperty(stub, 'name', { value: name });
}

/** A class that can be extended and asked by `instanceof`, and throws when an instance is made. */
export function stubClass(name: string): new () => never {
  const Stub = class {
    constructor() {
      throw unsupported(`new ${name}`);
    }
  };
  return Object.defineProperty(Stub, 'name', { value: name }) as unknown as new () => never;
}

/** An object that throws when one of its members is read, set or deleted. */
export function stubObject(name: string): object {
  return new Proxy(
    {},
    {
      get(target, key) {
        if (typeof key === 'symbol' || HARMLESS.has(key)) return Reflect.get(target, key);
        throw unsupported(`${name}.${key}`);
      },
      set(_target, key) {
        throw unsupported(`${name}.${String(key)}`);
      },
      deleteProperty(_target, key) {
        throw unsupported(`${name}.${String(key)}`);
      },
    },
  );
}
