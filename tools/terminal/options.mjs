// The options of a command: those it knows, --help, and a clear refusal of everything else.

import { width as cells, wrap } from './text.mjs';

/**
 * @typedef {object} Command
 * @property {string} name      as it is typed: `npm run quickstart`
 * @property {string} summary   a sentence
 * @property {Record<string, string>} options    `--json`: what it does
 * @property {Record<string, string>} variables  of the environment: what they mean
 * @property {Record<string, string>} exits      exit codes
 */

const HELP = { '--help': 'shows this' };

/** How far two words are from one another: letters to insert, delete or replace. */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}

/**
 * @param {string[]} argv
 * @param {Command} command
 * @returns {{ chosen: Set<string>, help: boolean, error?: string }}
 */
export function parseOptions(argv, command) {
  const known = [...Object.keys(command.options), ...Object.keys(HELP)];
  const chosen = new Set(argv.map((one) => (one === '-h' ? '--help' : one)));
  const strange = [...chosen].filter((one) => !known.includes(one));
  if (strange.length === 0) return { chosen, help: chosen.has('--help') };
  const near = known.find((one) => distance(one, strange[0]) <= 2);
  const what = strange[0].startsWith('-') ? 'option' : 'argument';
  const error = `${command.name}: unknown ${what} ${strange.join(' ')}${near ? `; did you mean ${near}?` : ''}`;
  return { chosen, help: false, error };
}

/**
 * @param {Command} command
 * @param {number} width
 * @returns {string[]}
 */
export function helpLines(command, width) {
  const parts = {
    Options: { ...command.options, ...HELP },
    Environment: command.variables,
    'Exit codes': command.exits,
  };
  const names = Object.values(parts).flatMap((entries) => Object.keys(entries));
  const column = Math.max(...names.map(cells)) + 4;
  // Where the meanings would get no room beside the names, they stand below them.
  const beside = width - column >= 30;
  const usage = `Usage: ${command.name} [-- ${Object.keys(command.options)
    .map((one) => `[${one}]`)
    .join(' ')}]`;
  return [
    ...wrap(usage, width),
    '',
    ...wrap(command.summary, width),
    ...Object.entries(parts).flatMap(([title, entries]) => [
      '',
      `${title}:`,
      ...Object.entries(entries).flatMap(([name, meaning]) => {
        const indent = beside ? column : 6;
        const lines = wrap(meaning, width - indent).map((line) => ' '.repeat(indent) + line);
        if (!beside) return [`  ${name}`, ...lines];
        return [`  ${name}`.padEnd(column) + lines[0].slice(column), ...lines.slice(1)];
      }),
    ]),
  ];
}

/**
 * Answers --help and refuses what is unknown.
 *
 * @param {string[]} argv
 * @param {Command} command
 * @param {{ stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream, width: number }} streams
 * @returns {{ chosen: Set<string>, code?: number }}  with a code: the command is over
 */
export function readOptions(argv, command, { stdout, stderr, width }) {
  const { chosen, help, error } = parseOptions(argv, command);
  if (error !== undefined) {
    stderr.write(`${error}\nTry ${command.name} -- --help\n`);
    return { chosen, code: 2 };
  }
  if (!help) return { chosen };
  stdout.write(`${helpLines(command, width).join('\n')}\n`);
  return { chosen, code: 0 };
}
