/** Loads the addon at first use, so that importing kafka4 starts nothing, and explains itself where it cannot. */
import type * as Native from '../../index.js';
import { Kafka4Error } from './errors.js';
import { state } from './state.js';

export function native(): typeof Native {
  const shared = state();
  if (shared.binding === undefined) {
    try {
      shared.binding = require('../../index.js') as typeof Native;
    } catch (cause) {
      const here = `${process.platform}-${process.arch}, Node ${process.version}`;
      throw new Kafka4Error(
        'ERR_KAFKA_ADDON_NOT_FOUND',
        `the native part of kafka4 could not be loaded (${here}). In an application run "npm install" again without ` +
          '--omit=optional; in a clone of the project run "npm run build". In Next.js name kafka4 in serverExternalPackages.',
        { cause, fatal: true },
      );
    }
  }
  return shared.binding;
}
