// Every variable that the core reads is in the README's table and in .env.example, and these name no other.

import { read } from './files';

/** Names that look like a setting and are none: an export of lib/kafka, the ports of compose.yaml. */
const OTHERS = /^KAFKA_(TOPICS|UI_[A-Z_]+)$/;

const fields = [...read('core/src/config.rs').matchAll(/^\s*field\(\s*"(KAFKA_[A-Z0-9_]+)"/gm)].map(
  ([, name]) => name!,
);

test('the table of the core is found', () => {
  expect(fields).toContain('KAFKA_BROKER');
  expect(fields.length).toBeGreaterThan(15);
});

test.each(['README.md', '.env.example'])('%s has them all', (document) => {
  const named = new Set(read(document).match(/\bKAFKA_[A-Z0-9_]+\b/g));
  expect(fields.filter((name) => !named.has(name))).toEqual([]);
});

test.each(['README.md', '.env.example'])('%s names none that does not exist', (document) => {
  const named = new Set(read(document).match(/\bKAFKA_[A-Z0-9_]+\b/g));
  expect([...named].filter((name) => !fields.includes(name) && !OTHERS.test(name))).toEqual([]);
});

test('the table of the README has a row for each', () => {
  const rows = read('README.md')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  expect(fields.filter((name) => !rows.some((row) => new RegExp(`\`${name}\``).test(row)))).toEqual([]);
});
