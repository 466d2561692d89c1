/** The texts of `--help`. */

const GENERAL = `kafka4: Kafka for Node.js

  npx kafka4 init [folder]   sets an app up: lib/kafka, instrumentation, compose.yaml, next.config
  npx kafka4 doctor          tells whether the native part loads, and whether a broker answers

  --help, -h                 this text, or that of a command
  --version, -v              the version
  --json                     the result as JSON

Exit codes: 0 done, 1 failed (nothing was changed), 2 wrong command line, 3 done except for what was printed.
`;

const INIT = `kafka4 init [folder]: sets up the app in the folder (default: the current one)

Next.js: writes lib/kafka/index, instrumentation, instrumentation-node, compose.yaml and .env.example, below src/ where
the app lives there, and adds serverExternalPackages: ['kafka4'] to next.config. Other apps: writes lib/kafka/index.
All files are written, or none. Files of your own are kept; a second run changes nothing.

  --dry-run, -n   tells what it would do, and writes nothing
  --force, -f     overwrites files of your own, too
  --json          the result as JSON

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 something is left to do by hand; it was printed.
`;

const DOCTOR = `kafka4 doctor: tells what this installation is made of

Loads the native part, prints platform, versions and codecs. With KAFKA_BROKER (or KAFKA_BROKERS) set it also connects,
within KAFKA_TIMEOUT, and changes nothing there.

  --json          the result as JSON

Exit codes: 0 all is well, 1 something is not, 2 wrong command line.
`;

export function helpText(about?: 'init' | 'doctor'): string {
  return about === undefined ? GENERAL : { init: INIT, doctor: DOCTOR }[about];
}
