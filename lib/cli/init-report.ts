/** What `kafka4 init` prints. */
import type { InitResult } from './init.js';
import type { StepStatus } from './plan.js';
import { type Colour, paint, type Screen, wrap } from './terminal.js';

const WORDS: Record<StepStatus, { done: string; planned: string; colour: Colour }> = {
  created: { done: 'created', planned: 'would create', colour: 'green' },
  edited: { done: 'edited', planned: 'would edit', colour: 'green' },
  overwritten: { done: 'overwritten', planned: 'would overwrite', colour: 'yellow' },
  unchanged: { done: 'unchanged', planned: 'unchanged', colour: 'dim' },
  kept: { done: 'kept', planned: 'would keep', colour: 'cyan' },
  'by-hand': { done: 'by hand', planned: 'by hand', colour: 'yellow' },
};

export function initReport(result: InitResult, screen: Screen): string {
  const { app, files, dryRun } = result;
  const word = (status: StepStatus) => WORDS[status][dryRun ? 'planned' : 'done'];
  const column = Math.max(...files.map(({ status }) => word(status).length)) + 2;
  const lines = [wrap(`${kindOf(result)} in ${app.root}`, screen.width), ''];
  for (const { path, status, note, lines: code } of files) {
    const label = paint(screen, WORDS[status].colour, word(status).padEnd(column));
    lines.push(`  ${label}${path}`);
    if (note !== undefined) lines.push(`${' '.repeat(column + 2)}${wrap(note, screen.width, column + 2)}`);
    const sign = status === 'by-hand' ? '' : '+ ';
    for (const line of code ?? []) lines.push(`${' '.repeat(column + 4)}${paint(screen, 'bold', `${sign}${line}`)}`);
  }
  lines.push('', wrap(summary(result), screen.width));
  for (const note of result.notes) lines.push('', paint(screen, 'yellow', wrap(note, screen.width)));
  if (result.changed) {
    lines.push('', 'Next:');
    for (const step of result.next) lines.push(`  ${wrap(step, screen.width, 4)}`);
  }
  return `${lines.join('\n')}\n`;
}

function kindOf({ app }: InitResult): string {
  const language = app.typescript ? 'TypeScript' : 'JavaScript';
  if (!app.next) return `${language}, without Next.js`;
  return `Next.js${app.nextMajor === undefined ? '' : ` ${app.nextMajor}`}, ${language}${app.src ? ', src/' : ''}`;
}

function summary({ app, files, changed, dryRun, exitCode }: InitResult): string {
  const parts: string[] = [];
  if (!changed) parts.push(exitCode === 0 ? 'Nothing to do: everything is there.' : 'Nothing was changed.');
  else if (dryRun) parts.push('Nothing was written: this was a dry run.');
  if (exitCode !== 0) parts.push('What is marked "by hand" has to be done before Kafka works here.');
  if (files.some(({ status }) => status === 'kept'))
    parts.push('Your own files were kept; --force overwrites those that have the names that kafka4 writes.');
  if (!app.next) parts.push('No next.config and no dependency on next were found, so only lib/kafka is written.');
  if (parts.length === 0) parts.push('Done.');
  return parts.join(' ');
}
