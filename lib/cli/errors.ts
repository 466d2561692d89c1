/** What the command line ends with when it cannot do what it was asked. */

/** Exit codes of `kafka4`. */
export const EXIT = Object.freeze({
  /** Done, or nothing to do. */
  OK: 0,
  /** An error; nothing was changed. */
  FAILED: 1,
  /** The command line itself is wrong. */
  USAGE: 2,
  /** Done, except for what only the user can do safely; it was printed. */
  BY_HAND: 3,
});

export class CliError extends Error {
  /** Stable, `ERR_KAFKA_CLI_…` or `ERR_KAFKA_INIT_…`. */
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CliError';
    this.code = code;
    this.exitCode = options.exitCode ?? EXIT.FAILED;
  }
}

export function usage(code: string, message: string): CliError {
  return new CliError(code, message, { exitCode: EXIT.USAGE });
}

/** What the system says about a file operation: `EACCES: permission denied`, without the path that it repeats. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/, \w+ '.*$/s, '');
}
