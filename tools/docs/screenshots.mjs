// Makes the pictures of the tools' output in docs/images: runs each command on a terminal and draws what it has left
// there.
//
//   node tools/docs/screenshots.mjs                 all of them
//   node tools/docs/screenshots.mjs quickstart      one
//
// kafka-test needs a broker: npm run kafka:start, or KAFKA_BROKER=host:port.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from '../bootstrap/index.mjs';
import { capture, plainEnvironment } from './capture.mjs';
import { Screen } from './screen.mjs';
import { terminalSvg } from './terminal-svg.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const IMAGES = join(ROOT, 'docs', 'images');
const COLUMNS = 100;

const PICTURES = {
  quickstart: {
    script: 'tools/quickstart/run.mjs',
    title: 'npm run quickstart',
    description:
      'The report of the quickstart in a terminal: its steps with their times, events sent and received by topic, latencies, throughput, health and metrics.',
    env: {},
  },
  'kafka-test': {
    script: 'tools/kafka-test/run.mjs',
    title: 'npm run kafka:test',
    description: 'The report of kafka:test in a terminal: one line for each check with its time and what it found.',
    env: process.env.KAFKA_BROKER ? { KAFKA_BROKER: process.env.KAFKA_BROKER } : {},
  },
};

/** @param {string} name */
async function picture(name) {
  const { script, title, description, env } = PICTURES[name];
  const { output, code } = await capture([process.execPath, script], {
    columns: COLUMNS,
    rows: 24,
    cwd: ROOT,
    env: plainEnvironment(process.env, env),
  });
  const screen = new Screen(COLUMNS, 24);
  screen.write(output);
  if (code !== 0) throw new Error(`${title} ended with ${code}:\n${screen.text}`);
  const lines = [...screen.lines];
  while (lines.length > 0 && lines[lines.length - 1].length === 0) lines.pop();
  mkdirSync(IMAGES, { recursive: true });
  const file = join(IMAGES, `${name}.svg`);
  writeFileSync(file, terminalSvg({ lines, columns: COLUMNS, title, description }));
  process.stdout.write(`${file}\n`);
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(PICTURES, name));
if (unknown.length > 0) {
  process.stderr.write(`unknown picture ${unknown.join(' ')}; there are ${Object.keys(PICTURES).join(', ')}\n`);
  process.exitCode = 2;
} else {
  // A build that is due would be in the picture.
  await prepare();
  for (const name of wanted.length > 0 ? wanted : Object.keys(PICTURES)) {
    try {
      await picture(name);
    } catch (error) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    }
  }
}
