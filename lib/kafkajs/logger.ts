/** The logger of KafkaJS's surface: levels, namespaces, a creator of the application's own. */
import { logLevel } from './enums/index.js';

export interface LoggerEntryContent {
  readonly timestamp: string;
  readonly message: string;
  [key: string]: any;
}

export interface LogEntry {
  namespace: string;
  level: logLevel;
  label: string;
  log: LoggerEntryContent;
}

export type logCreator = (logLevel: logLevel) => (entry: LogEntry) => void;

export type Logger = {
  info: (message: string, extra?: object) => void;
  error: (message: string, extra?: object) => void;
  warn: (message: string, extra?: object) => void;
  debug: (message: string, extra?: object) => void;

  namespace: (namespace: string, logLevel?: logLevel) => Logger;
  setLogLevel: (logLevel: logLevel) => void;
};

const METHODS = {
  [logLevel.INFO]: 'info',
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.DEBUG]: 'log',
} as const;

/** One JSON line an entry, to the console. */
export const consoleLogCreator: logCreator =
  () =>
  ({ namespace, level, label, log }) => {
    const message = namespace ? `[${namespace}] ${log.message}` : log.message;
    const method = METHODS[level as keyof typeof METHODS];
    if (method !== undefined) console[method](JSON.stringify({ level: label, ...log, message }));
  };

/** KAFKAJS_LOG_LEVEL, if it names a level, wins over what the program says. */
function fromEnvironment(): logLevel | undefined {
  const name = (process.env.KAFKAJS_LOG_LEVEL ?? '').toUpperCase();
  return Object.hasOwn(logLevel, name) ? logLevel[name as keyof typeof logLevel] : undefined;
}

/**
 * @param level everything up to it is logged. Default: INFO
 * @param creator makes the function that gets the entries. Default: JSON lines on the console
 */
export function createLogger(level: logLevel = logLevel.INFO, creator: logCreator = consoleLogCreator): Logger {
  let current = fromEnvironment() ?? level;
  const write = creator(current);

  const create = (namespace?: string, own?: logLevel): Logger => {
    const at =
      (label: keyof typeof logLevel) =>
      (message: string, extra: object = {}): void => {
        if (logLevel[label] > (own ?? current)) return;
        const log = { timestamp: new Date().toISOString(), logger: 'kafkajs', message, ...extra };
        write({ namespace: namespace as string, level: logLevel[label], label, log });
      };
    return {
      info: at('INFO'),
      error: at('ERROR'),
      warn: at('WARN'),
      debug: at('DEBUG'),
      namespace: (name, ownLevel) => create(name, fromEnvironment() ?? ownLevel ?? undefined),
      setLogLevel: (newLevel) => {
        current = newLevel;
      },
    };
  };
  return create();
}
