#!/usr/bin/env node
/** `kafka4`, the command line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Arguments, readArguments } from './arguments.js';
import { CliError, EXIT } from './errors.js';
import { helpText } from './help.js';
import { runInit } from './init.js';
import { initReport } from './init-report.js';
import { paint, screenOf } from './terminal.js';

/** From dist/cli as from lib/cli. */
const PACKAGE_ROOT = join(__dirname, '..', '..');

export interface Output {
  stdout: (text: string) => void;
  stderr: (text: string) => void;
}

/** Runs a command line (without node and the script) and gives the exit code. Never rejects. */
export async function main(args: readonly string[], output: Output): Promise<number> {
  try {
    return await run(readArguments(args), output);
  } catch (error) {
    return explain(error, args.includes('--json'), output);
  }
}

async function run(given: Arguments, { stdout }: Output): Promise<number> {
  const screen = screenOf(process.stdout);
  if (given.command === 'help') stdout(helpText(given.about));
  if (given.command === 'version') stdout(`${version()}\n`);
  if (given.command === 'init') {
    const result = runInit({ ...given, packageRoot: PACKAGE_ROOT });
    stdout(given.json ? json({ ok: result.exitCode === EXIT.OK, ...result }) : initReport(result, screen));
    return result.exitCode;
  }
  if (given.command === 'doctor') {
    // Not before: the others need nothing of the native part.
    const { doctorReport, runDoctor } = await import('./doctor.js');
    const result = await runDoctor(version());
    stdout(given.json ? json({ ok: result.exitCode === EXIT.OK, ...result }) : doctorReport(result, screen));
    return result.exitCode;
  }
  return EXIT.OK;
}

function explain(error: unknown, asJson: boolean, { stdout, stderr }: Output): number {
  const { code, message, exitCode } =
    error instanceof CliError
      ? error
      : { code: 'ERR_KAFKA_CLI_UNEXPECTED', message: (error as Error)?.stack ?? String(error), exitCode: EXIT.FAILED };
  if (asJson) stdout(json({ ok: false, exitCode, error: { code, message } }));
  else {
    const hint = exitCode === EXIT.USAGE ? '\nkafka4 --help lists commands and options.' : '';
    stderr(`${paint(screenOf(process.stderr), 'red', `${code}:`)} ${message}${hint}\n`);
  }
  return exitCode;
}

function version(): string {
  return (JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (require.main === module) {
  const output = {
    stdout: (text: string) => void process.stdout.write(text),
    stderr: (text: string) => void process.stderr.write(text),
  };
  // The exit code is set, the process is not ended: a pipe may still have to take what was written.
  void main(process.argv.slice(2), output).then((code) => {
    process.exitCode = code;
  });
}
