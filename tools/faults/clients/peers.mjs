// Loads the other clients. They are no dependency of the project: tools/faults/peers has a package.json of its own
// (`npm install --prefix tools/faults/peers`); KafkaJS, which the tests need anyway, is found at the root, too.
//
// Where Confluent's prebuilt addon cannot be fetched, it is compiled against the system's libraries (headers of curl,
// zstd, lz4, OpenSSL, SASL): `CKJS_LINKING=dynamic npm_config_nodedir=/usr npm rebuild --prefix tools/faults/peers`.
// With more than one job its first run can fail for want of librdkafka/config.h, which it makes; a second `make` in
// node_modules/@confluentinc/kafka-javascript/build finds it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const BASES = ['../peers/package.json', '../../../bench/package.json', '../../../package.json'];

/** @returns {(name: string) => any} a `require` that finds the package */
function requireOf(name) {
  let problem;
  for (const base of BASES) {
    const require = createRequire(new URL(base, import.meta.url));
    try {
      require.resolve(name);
      return require;
    } catch (error) {
      problem ??= error;
    }
  }
  throw problem;
}

/** @param {string} name */
export function load(name) {
  return requireOf(name)(name);
}

/** @param {string} name */
export function versionOf(name) {
  let folder = dirname(requireOf(name).resolve(name));
  for (;;) {
    try {
      const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (found.name === name) return found.version;
    } catch {
      // Not the package's own folder.
    }
    if (dirname(folder) === folder) return 'unknown';
    folder = dirname(folder);
  }
}
