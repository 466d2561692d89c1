// Which librdkafka is built: its version, and a checksum over everything here that decides how. Both stand in
// .cargo/config.toml, because a change of that value is what makes cargo build librdkafka again.
//
//   node tools/librdkafka/revision.mjs    prints the value that belongs there

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patches } from './repairs.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const FILES = ['package-lock.json', 'compile.mjs', 'repairs.mjs'];

/** The version of librdkafka that the package of package.json carries. */
export const VERSION = '2.15.1';

/** `2.15.1-0123abcd` */
export function revision() {
  const hash = createHash('sha256');
  for (const file of [...FILES.map((name) => join(HERE, name)), ...patches()]) hash.update(readFileSync(file));
  return `${VERSION}-${hash.digest('hex').slice(0, 8)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${revision()}\n`);
