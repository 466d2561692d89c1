// Writes docs/reference.md from the types and comments of what the package exports.
//
//   node tools/docs/reference.mjs           writes it
//   node tools/docs/reference.mjs --check   exit code 1 where it is not what the sources say

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportedDeclarations } from './declarations.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const PAGE = join(ROOT, 'docs', 'reference.md');
const ENTRIES = [
  // KafkaJS's exports have pages of their own: docs/kafkajs-compatibility.md.
  { name: 'kafka4', entry: join(ROOT, 'lib', 'kafka', 'index.ts') },
  { name: 'kafka4/testing', entry: join(ROOT, 'lib', 'testing', 'index.ts') },
];

/** @typedef {import('./declarations.mjs').Declaration} Declaration */

const isError = ({ kind, file }) => kind === 'class' && file.endsWith('/errors.ts');

/** Sections in the order in which one looks for things. @type {[string, (one: Declaration) => boolean][]} */
const SECTIONS = [
  ['Functions', ({ kind }) => kind === 'function'],
  ['Services and settings', (one) => one.kind === 'class' && !isError(one)],
  ['Constants', ({ kind }) => kind === 'constant'],
  ['Errors', isError],
  ['Types', ({ kind }) => kind === 'type'],
];

/** The text of GitHub's anchor for a heading. @param {string} heading */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/ /g, '-');

/** Sentences as they are, broken lines joined. @param {string} comment */
const prose = (comment) =>
  comment
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replaceAll('\n', ' '))
    .join('\n\n');

const code = (text) => ['```ts', text, '```'];

/** @param {Declaration} one @param {Declaration[]} constants */
function entry(one, constants) {
  const own = constants.filter(({ code: text }) => text === `const ${constantOf(one.name)}: ${one.name};`);
  const declared = one.kind === 'type' ? one.code : `declare ${one.code}`;
  return [
    `### ${one.name}`,
    '',
    ...(one.comment ? [prose(one.comment), ''] : []),
    ...(one.unnamed ? ['Not exported by this name.', ''] : []),
    ...code(
      [declared, ...(one.merged ? [one.merged] : []), ...own.map(({ code: text }) => `declare ${text}`)].join('\n'),
    ),
    '',
  ];
}

/** `KafkaProducerService` has `kafkaProducerService`. @param {string} name */
const constantOf = (name) => name[0].toLowerCase() + name.slice(1);

/** Classes of errors differ by what they mean: a table for those that add no members. @param {Declaration[]} errors */
function errorLines(errors) {
  const [plain, rich] = [errors.filter(({ empty }) => empty), errors.filter(({ empty }) => !empty)];
  return [
    'Codes, causes and cures are in [errors.md](errors.md).',
    '',
    ...rich.flatMap((one) => entry(one, [])),
    ...(plain.length > 0
      ? [
          '| Class | Means |',
          '| --- | --- |',
          ...plain.map(({ name, comment }) => `| \`${name}\` | ${prose(comment).replaceAll('|', '\\|')} |`),
          '',
        ]
      : []),
  ];
}

/** @param {Declaration[]} declarations @param {string} level */
function sections(declarations, title) {
  const classes = declarations.filter(({ kind }) => kind === 'class').map(({ name }) => name);
  // A constant that is told with its class needs no entry of its own.
  const constants = declarations.filter(({ kind }) => kind === 'constant');
  const told = new Set(classes.map(constantOf));
  const left = declarations.filter(
    ({ kind, name, code: text }) =>
      !(kind === 'constant' && told.has(name) && classes.some((one) => text.endsWith(`: ${one};`))),
  );
  return SECTIONS.flatMap(([name, belongs]) => {
    const members = left.filter(belongs);
    if (members.length === 0) return [];
    const heading = `## ${title(name)}`;
    const body = name === 'Errors' ? errorLines(members) : members.flatMap((one) => entry(one, constants));
    return [heading, '', ...body];
  });
}

/** @returns {string} */
export function referencePage() {
  const config = join(ROOT, 'tsconfig.build.json');
  const entries = ENTRIES.filter(({ entry: file }) => existsSync(file));
  const bodies = entries.flatMap(({ name, entry: file }) => {
    const declarations = exportedDeclarations({ root: ROOT, config, entry: file });
    return sections(declarations, (section) => (name === 'kafka4' ? section : `${section} of ${name}`));
  });
  const headings = bodies.filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
  return [
    '# Reference',
    '',
    '<!-- Written by tools/docs/reference.mjs from the sources: change the comments there. -->',
    '',
    'Every name that the package exports, as TypeScript sees it. What the services do together is told in the [other pages](README.md); those that KafkaJS has in [KafkaJS compatibility](kafkajs-compatibility.md).',
    '',
    headings.map((heading) => `[${heading}](#${anchor(heading)})`).join(' · '),
    '',
    ...bodies,
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = referencePage();
  const known = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  if (!process.argv.includes('--check')) writeFileSync(PAGE, page);
  else if (page !== known) {
    process.stderr.write('docs/reference.md is not what the sources say: run node tools/docs/reference.mjs\n');
    process.exitCode = 1;
  }
}
