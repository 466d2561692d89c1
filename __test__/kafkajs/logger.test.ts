// kafka.logger(): levels, namespaces, creators.

import type { LogEntry, Logger } from 'kafkajs';
import { both, type Library } from './support/both';

/** A logger whose entries are kept. */
function logging(lib: Library, level?: number): { logger: Logger; entries: LogEntry[]; levels: number[] } {
  const entries: LogEntry[] = [];
  const levels: number[] = [];
  const kafka = new lib.exports.Kafka({
    brokers: ['localhost:1'],
    logLevel: level,
    logCreator: (given) => {
      levels.push(given);
      return (entry) => entries.push(entry);
    },
  });
  return { logger: kafka.logger(), entries, levels };
}

both('logger', (lib) => {
  const { NOTHING, ERROR, WARN, INFO, DEBUG } = lib.exports.logLevel;

  afterEach(() => {
    delete process.env.KAFKAJS_LOG_LEVEL;
  });

  test('an entry has namespace, level, label and log', () => {
    const { logger, entries } = logging(lib);
    logger.info('hello', { more: 1 });
    expect(entries).toEqual([
      {
        namespace: undefined,
        level: INFO,
        label: 'INFO',
        log: {
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          logger: 'kafkajs',
          message: 'hello',
          more: 1,
        },
      },
    ]);
  });

  test('the creator is called once, with the level', () => {
    expect(logging(lib, WARN).levels).toEqual([WARN]);
    expect(logging(lib).levels).toEqual([INFO]);
  });

  test.each([
    [NOTHING, []],
    [ERROR, ['ERROR']],
    [WARN, ['ERROR', 'WARN']],
    [INFO, ['ERROR', 'WARN', 'INFO']],
    [DEBUG, ['ERROR', 'WARN', 'INFO', 'DEBUG']],
  ])('level %i logs %j', (level, labels) => {
    const { logger, entries } = logging(lib, level);
    logger.error('e');
    logger.warn('w');
    logger.info('i');
    logger.debug('d');
    expect(entries.map(({ label }) => label)).toEqual(labels);
  });

  test('setLogLevel takes effect at once, for namespaces too', () => {
    const { logger, entries } = logging(lib, NOTHING);
    const child = logger.namespace('child');
    child.info('unheard');
    logger.setLogLevel(INFO);
    child.info('heard');
    expect(entries.map(({ log }) => log.message)).toEqual(['heard']);
  });

  test('a namespace names itself and may have a level of its own', () => {
    const { logger, entries } = logging(lib, ERROR);
    const child = logger.namespace('Child', DEBUG);
    child.debug('deep');
    logger.debug('not this');
    expect(entries.map(({ namespace, log }) => [namespace, log.message])).toEqual([['Child', 'deep']]);
  });

  test('KAFKAJS_LOG_LEVEL wins over the program', () => {
    process.env.KAFKAJS_LOG_LEVEL = 'debug';
    const { logger, entries, levels } = logging(lib, NOTHING);
    logger.debug('heard');
    expect(entries).toHaveLength(1);
    expect(levels).toEqual([DEBUG]);
  });

  test('a KAFKAJS_LOG_LEVEL that is none changes nothing', () => {
    process.env.KAFKAJS_LOG_LEVEL = 'loud';
    expect(logging(lib, WARN).levels).toEqual([WARN]);
  });

  test.each([
    ['info', 'info', 'INFO'],
    ['error', 'error', 'ERROR'],
    ['warn', 'warn', 'WARN'],
    ['debug', 'log', 'DEBUG'],
  ] as const)('without a creator %s writes JSON by console.%s', (method, consoleMethod, label) => {
    const written = jest.spyOn(console, consoleMethod).mockImplementation(() => {});
    try {
      const kafka = new lib.exports.Kafka({ brokers: ['localhost:1'], logLevel: DEBUG });
      kafka.logger().namespace('Here')[method]('hello', { more: true });
      expect(written).toHaveBeenCalledTimes(1);
      expect(JSON.parse(written.mock.calls[0]?.[0])).toMatchObject({
        level: label,
        logger: 'kafkajs',
        message: '[Here] hello',
        more: true,
      });
    } finally {
      written.mockRestore();
    }
  });

  test('producer.logger() is the namespace Producer', () => {
    const { entries } = logging(lib);
    const kafka = new lib.exports.Kafka({
      brokers: ['localhost:1'],
      logCreator: () => (entry) => entries.push(entry),
    });
    entries.length = 0;
    kafka.producer({ createPartitioner: lib.exports.Partitioners.DefaultPartitioner }).logger().warn('x');
    expect(entries.map(({ namespace }) => namespace)).toEqual(['Producer']);
  });
});
