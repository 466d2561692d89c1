// Loads a CommonJS package into a global object of its own, as test runners do: modules in it share nothing with the
// rest of the process but Node's own modules and the addons.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction, createContext } from 'node:vm';

/** Globals that are Node's and not the language's: a new context does not have them. */
const NODES = [
  ...['process', 'Buffer', 'performance', 'structuredClone', 'queueMicrotask', 'TextEncoder', 'TextDecoder'],
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'console'],
  ...['URL', 'Event', 'EventTarget', 'AbortController', 'AbortSignal'],
];

/** @param {string} entry  absolute path */
export function loadApart(entry) {
  const globals = Object.fromEntries(NODES.map((name) => [name, globalThis[name]]));
  const context = createContext(globals);
  const loaded = new Map();
  const load = (path) => {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(path, module);
    const real = createRequire(path);
    const require = (name) => {
      const found = real.resolve(name);
      return found.endsWith('.js') ? load(found) : real(name);
    };
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    const run = compileFunction(readFileSync(path, 'utf8'), names, { filename: path, parsingContext: context });
    run(module.exports, require, module, path, dirname(path));
    return module.exports;
  };
  return load(entry);
}
