// The error of an application whose native part is not there, or does not fit.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/child';
import { json, newFolder, node, ownEnvironment, pack, unpack } from './packaging-support';

const { addonFile, packageName, platformName, thisPlatform } = require('../../tools/install/platform.cjs');

const work = newFolder();
beforeAll(() => {
  const [packed] = pack(join(work.path, 'packed'), '--only', 'root');
  unpack(packed!.file, work.path, 'kafka4');
});
afterAll(() => work.remove());

/** The first call that needs the addon. */
function failure(): { code: string; message: string; fatal: boolean; details: Record<string, unknown> } {
  const program = `try { require('kafka4').declaredTopics() } catch (error) {
    const { code, message, fatal, details } = error;
    console.log(JSON.stringify({ code, message, fatal, details }));
  }`;
  const { stdout, stderr } = node(['-e', program], work.path, ownEnvironment());
  return JSON.parse(stdout || `{"message": ${JSON.stringify(stderr)}}`);
}

test('importing is possible; the first use tells what to do', () => {
  const { code, message, fatal } = failure();
  expect({ code, fatal }).toEqual({ code: 'ERR_KAFKA_ADDON_NOT_FOUND', fatal: true });
  expect(message).toContain(`kafka4 is not installed (${process.platform}-${process.arch}, Node ${process.version})`);
  expect(message).toContain('--omit=optional');
  expect(message).toContain('node node_modules/kafka4/tools/install/install.cjs');
});

test("an addon that the system refuses: the system's own words, and the build that fits it", () => {
  const folder = join(work.path, 'node_modules', packageName(thisPlatform()));
  mkdirSync(folder, { recursive: true });
  const manifest = json(join(ROOT, 'npm', platformName(thisPlatform()), 'package.json'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, addonFile(thisPlatform())), 'no library');
  const { code, message, details } = failure();
  expect(code).toBe('ERR_KAFKA_ADDON_NOT_FOUND');
  expect(details.refusal).toEqual(expect.stringContaining(addonFile(thisPlatform())));
  expect(message).toContain(`was found and refused: ${details.refusal}`);
  expect(message).toContain('node node_modules/kafka4/tools/install/install.cjs');
});
