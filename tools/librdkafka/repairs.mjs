// What is repaired in librdkafka's sources before they are compiled: the patches beside this file, in the order of their
// names. They mend defects that we met, that no release has mended yet, and that cannot be worked around from outside.
// Each says above its first hunk why it is needed and which test looks at it. A patch must fit exactly: a new version of
// librdkafka that has changed there fails the build instead of being repaired wrongly.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PATCHES = join(dirname(fileURLToPath(import.meta.url)), 'patches');

/** Paths of the patches, in their order. */
export function patches() {
  return readdirSync(PATCHES)
    .filter((name) => name.endsWith('.patch'))
    .sort()
    .map((name) => join(PATCHES, name));
}

/** @param {string} folder  a copy of the sources */
export async function repair(folder) {
  // Fetched together with the sources (sources.mjs), so it is not there when this module is loaded.
  const { applyPatch, parsePatch } = await import('diff');
  for (const patch of patches()) {
    for (const file of parsePatch(readFileSync(patch, 'utf8'))) {
      const name = (file.newFileName ?? '').replace(/^b\//, '');
      const path = join(folder, name);
      const repaired = applyPatch(readFileSync(path, 'utf8'), file, { fuzzFactor: 0 });
      if (repaired === false)
        throw new Error(`${patch} does not fit ${name} of this librdkafka any more: see whether it is still needed`);
      writeFileSync(path, repaired);
    }
  }
}
