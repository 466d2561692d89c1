// The other clients, installed in bench/node_modules only: users of kafka4 never get them.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));

function manifest(name) {
  return JSON.parse(readFileSync(`${modules}${name}/package.json`, 'utf8'));
}

/** Undefined where the package can be loaded by this Node.js, else why not. */
export function problem(name) {
  if (!existsSync(`${modules}${name}/package.json`)) return `${name} is not installed (cd bench && npm ci)`;
  // In a process of its own: the runner holds no client.
  const probe = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `await import(${JSON.stringify(name)}); process.exit(0)`],
    { cwd: modules, encoding: 'utf8', timeout: 30_000 },
  );
  if (probe.status === 0) return undefined;
  const text = (probe.stderr ?? '').replaceAll(modules, '').replaceAll(/\s+/g, ' ');
  const reason = /\bError\b.*?: (.*)/.exec(text)?.[1] ?? (text || String(probe.error ?? probe.signal));
  return `${name} cannot be loaded by Node.js ${process.version}: ${reason.slice(0, 240)}`;
}

/** Its version, with the Node.js that it asks for: the runner does not refuse another one, the reader must know. */
export function version(name) {
  const { version, engines } = manifest(name);
  return engines?.node ? `${version} (asks for Node.js ${engines.node})` : version;
}
