// docs/reference.md is what the sources say.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as kafka4 from '../../lib/kafka/index';
import { ROOT, readPage } from './pages';
import { exportedNames } from './type-check';

describe('reference', () => {
  it('is as the generator writes it now', () => {
    // In a process of its own: the compiler's interface is a native ES module.
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools', 'docs', 'reference.mjs'), '--check'], {
      encoding: 'utf8',
    });
    // Whose last word it sometimes is when it is closed.
    const told = stderr.replace(/^context canceled\n/, '');
    expect({ status, told }).toEqual({ status: 0, told: '' });
  }, 60_000);

  it('tells every value of the services, and none else', () => {
    const { values } = exportedNames(readPage('docs/reference.md').text);
    expect([...values].sort()).toEqual(Object.keys(kafka4).sort());
  });
});
