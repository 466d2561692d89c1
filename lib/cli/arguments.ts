/** The command line of `kafka4`: which command, with which options. */
import { parseArgs } from 'node:util';
import { usage } from './errors.js';

export interface Arguments {
  command: 'init' | 'doctor' | 'help' | 'version';
  /** Help for this command. */
  about?: 'init' | 'doctor';
  folder: string;
  dryRun: boolean;
  force: boolean;
  json: boolean;
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  json: { type: 'boolean' },
  'dry-run': { type: 'boolean', short: 'n' },
  force: { type: 'boolean', short: 'f' },
} as const;

type Option = keyof typeof OPTIONS;

const COMMANDS: Record<'init' | 'doctor', { options: Option[]; operands: number }> = {
  init: { options: ['dry-run', 'force', 'json'], operands: 1 },
  doctor: { options: ['json'], operands: 0 },
};

/** `args`: without node and the script. Throws `CliError`. */
export function readArguments(args: readonly string[]): Arguments {
  const { given, operands } = split(args);
  const result: Arguments = { command: 'help', folder: '.', dryRun: false, force: false, json: given.has('json') };
  const [name, ...rest] = operands;
  if (name === undefined) {
    if (given.has('version')) return { ...result, command: 'version' };
    const odd = [...given].find((option) => option !== 'help' && option !== 'json');
    if (odd === undefined) return result;
    throw usage('ERR_KAFKA_CLI_NO_COMMAND', `--${odd} belongs to a command, such as "kafka4 init --${odd}"`);
  }
  if (name === 'help' && rest.length === 0) return result;
  if (!isCommand(name)) {
    throw usage('ERR_KAFKA_CLI_UNKNOWN_COMMAND', `there is no command ${quoted(name)}; there are init and doctor`);
  }
  if (given.has('help')) return { ...result, about: name };
  if (given.has('version')) return { ...result, command: 'version' };
  const { options, operands: most } = COMMANDS[name];
  const odd = [...given].find((option) => !options.includes(option));
  if (odd !== undefined) throw usage('ERR_KAFKA_CLI_UNKNOWN_OPTION', `kafka4 ${name} has no option --${odd}`);
  if (rest.length > most) {
    throw usage('ERR_KAFKA_CLI_ARGUMENT', `kafka4 ${name} does not take ${quoted(rest[most]!)}`);
  }
  const folder = rest[0] ?? '.';
  if (folder === '') throw usage('ERR_KAFKA_CLI_ARGUMENT', 'the folder is an empty text');
  return { ...result, command: name, folder, dryRun: given.has('dry-run'), force: given.has('force') };
}

function split(args: readonly string[]): { given: Set<Option>; operands: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    return { given: new Set(Object.keys(values) as Option[]), operands: positionals };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!code.startsWith('ERR_PARSE_ARGS')) throw error;
    const name = /'([^']*)'/.exec((error as Error).message)?.[1] ?? '';
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      throw usage('ERR_KAFKA_CLI_UNKNOWN_OPTION', `there is no option ${quoted(name)}`);
    }
    throw usage('ERR_KAFKA_CLI_ARGUMENT', `option ${quoted(name.split(',').at(-1)!.trim())} takes no value`);
  }
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
