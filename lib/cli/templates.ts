/** The files that `kafka4 init` writes into an app. Logic stays in the package, so that upgrades need no new copy. */

export interface TemplateOptions {
  typescript: boolean;
  /** CommonJS in place of ES modules: plain JavaScript that no bundler reads. */
  commonjs: boolean;
  /** How the file imports `lib/kafka`. */
  kafka: string;
}

const text = (lines: (string | false)[]): string => `${lines.filter((line) => line !== false).join('\n')}\n`;

/** In the lines below it would look like a call of this file. */
const REQUIRE = 'require';

const TOPICS = [
  '  // orders: { partitions: 6, retentionMs: 7 * 24 * 3600 * 1000 },',
  '  // payments: {}, // 3 partitions, 7 days',
];

/** `lib/kafka/index.ts` of an app; `next`: with what only concerns Next.js. */
export function libraryIndex({ commonjs, next }: { commonjs: boolean; next: boolean }): string {
  return text([
    '/**',
    ' * Kafka for this app: everything that kafka4 exports, and topics of your own. For the server only.',
    next && ' *',
    next &&
      " * There is no `import 'server-only'` here, because it throws in jest and in plain Node.js programs (workers, scripts)",
    next &&
      ' * that share this file. A client component that imports it is told by kafka4, in the browser. Add the line if nothing',
    next && ' * but Next.js uses this file: then the build fails, and names the component.',
    ' */',
    ...(commonjs ? [`const kafka4 = ${REQUIRE}('kafka4');`, ''] : ["import { declareTopics } from 'kafka4';", '']),
    ...(commonjs ? [] : ["export * from 'kafka4';", '']),
    '// Beside the five topics of kafka4. initializeKafka4() creates those that are missing.',
    `${commonjs ? 'kafka4.' : ''}declareTopics({`,
    ...TOPICS,
    '});',
    ...(commonjs ? ['', 'module.exports = kafka4;'] : []),
  ]);
}

/** `instrumentation.ts`. */
export function instrumentation({ typescript }: Pick<TemplateOptions, 'typescript'>): string {
  return text([
    '/** Next.js calls this once in each server process, before the first request. */',
    `export async function register()${typescript ? ': Promise<void>' : ''} {`,
    '  // A block, not an early return: only then do both bundlers leave the import out of the edge runtime.',
    ...INSTRUMENTATION_LINES.map((line) => `  ${line}`),
    '}',
  ]);
}

/** What `register()` of an app that has one already needs. */
export const INSTRUMENTATION_LINES: readonly string[] = [
  "if (process.env.NEXT_RUNTIME === 'nodejs') {",
  "  const { start } = await import('./instrumentation-node');",
  '  await start();',
  '}',
];

/** `instrumentation-node.ts`. */
export function instrumentationNode({ typescript, kafka }: Pick<TemplateOptions, 'typescript' | 'kafka'>): string {
  return text([
    '/** Connects this server process to Kafka and starts its consumers. Only Node.js loads it, see instrumentation. */',
    'import {',
    '  initializeKafka4,',
    '  installSignalHandlers,',
    '  Kafka4Error,',
    '  kafkaConsumerService,',
    typescript && '  type MessageHandler,',
    `} from '${kafka}';`,
    '',
    '/**',
    ' * A handler for each topic that this app consumes. One that throws is called again; after KAFKA_RETRY_ATTEMPTS its',
    ' * message goes to the topic <name>.dlq. Handlers must be idempotent: a message can come twice.',
    !typescript && ' *',
    !typescript && ` * @type {Record<string, import('kafka4').MessageHandler>}`,
    ' */',
    `const handlers${typescript ? ': Record<string, MessageHandler>' : ''} = {`,
    "  // 'user-events': async ({ message }) => console.log('a user event', message.json()),",
    '};',
    '',
    '/** ms between attempts while no broker answers. */',
    'const RETRY_MS = 10_000;',
    '',
    `export async function start()${typescript ? ': Promise<void>' : ''} {`,
    '  // On SIGTERM and SIGINT handlers finish, offsets are committed and what was published is sent. The handlers of',
    '  // Next.js itself do not wait for that: set NEXT_MANUAL_SIG_HANDLE=true where the server is started.',
    '  installSignalHandlers();',
    '  for (const [topic, handler] of Object.entries(handlers)) kafkaConsumerService.registerHandler(topic, handler);',
    '  await connect();',
    '}',
    '',
    '/** Never rejects: pages are served while Kafka is away. */',
    `async function connect()${typescript ? ': Promise<void>' : ''} {`,
    '  try {',
    '    await initializeKafka4();',
    '    if (Object.keys(handlers).length > 0) await kafkaConsumerService.startAllConsumers();',
    '  } catch (error) {',
    "    console.error('Kafka is not connected:', error);",
    '    // Wrong settings or credentials do not become right by waiting.',
    '    if (error instanceof Kafka4Error && !error.retriable) return;',
    '    setTimeout(connect, RETRY_MS).unref();',
    '  }',
    '}',
  ]);
}

/** A next.config of its own, for an app that has none. */
export function nextConfig({ typescript }: Pick<TemplateOptions, 'typescript'>): string {
  return text([
    ...(typescript ? ["import type { NextConfig } from 'next';", ''] : ["/** @type {import('next').NextConfig} */"]),
    `const nextConfig${typescript ? ': NextConfig' : ''} = {`,
    "  serverExternalPackages: ['kafka4'],",
    '};',
    '',
    'export default nextConfig;',
  ]);
}

/** The package's compose.yaml without what is only true in its own repository. */
export function composeFile(shipped: string): string {
  return (
    shipped
      .replace(/^#.*`npm run [^\n]*\n/, "# The services of a developer's machine: `docker compose up -d --wait`.\n")
      // Without a name compose takes the folder's: two apps on one machine then have volumes of their own.
      .replace(/^name: .*\n\n?/m, '')
  );
}

/** The package's .env.example without the section about tools that only its own repository has. */
export function environmentExample(shipped: string): string {
  const end = shipped.search(/^# --- The broker tools/m);
  return end === -1 ? shipped : `${shipped.slice(0, end).trimEnd()}\n`;
}
