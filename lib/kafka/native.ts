/** Loads the addon at first use, so that importing kafka4 starts nothing, and explains itself where it cannot. */
import type * as Native from '../../index.js';
import { Kafka4Error } from './errors.js';
import { state } from './state.js';

const BUILD = 'node node_modules/kafka4/tools/install/install.cjs';

export function native(): typeof Native {
  const shared = state();
  if (shared.binding === undefined) {
    try {
      shared.binding = require('../../index.js') as typeof Native;
    } catch (cause) {
      const here = `${process.platform}-${process.arch}, Node ${process.version}`;
      const refusal = refusalOf(cause);
      const [why, cure] = refusal
        ? [`was found and refused: ${refusal}`, `"${BUILD}" builds one that fits this system.`]
        : [
            'is not installed',
            'In an application run "npm install" again without --omit=optional, on the platform that it runs on; where no ' +
              `package is built for that platform, or scripts were blocked, "${BUILD}" builds it. In a clone of the ` +
              'project run "npm run build". In Next.js name kafka4 in serverExternalPackages.',
          ];
      throw new Kafka4Error('ERR_KAFKA_ADDON_NOT_FOUND', `the native part of kafka4 ${why} (${here}). ${cure}`, {
        cause,
        fatal: true,
        details: { platform: process.platform, arch: process.arch, node: process.version, refusal },
      });
    }
  }
  return shared.binding;
}

/**
 * What the system said of an addon that is there. The loader tries several places, most of which are always empty, and
 * keeps of each failure its text alone: so it is the text that tells them apart here.
 */
function refusalOf(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (!/^(Cannot find|Unsupported|Failed to load native binding)/.test(each.message))
      return each.message.split('\n')[0];
  }
  return undefined;
}
