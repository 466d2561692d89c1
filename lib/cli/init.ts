/** `kafka4 init`: looks at the app, plans, writes everything or nothing, and tells what is left to do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, detectApp, type PackageManager } from './app.js';
import { CliError, EXIT, reasonOf } from './errors.js';
import { makePlan, type Step, type StepStatus } from './plan.js';
import { writeAll } from './write.js';

export interface InitOptions {
  folder: string;
  dryRun: boolean;
  force: boolean;
  /** Where the package's own compose.yaml and .env.example lie. */
  packageRoot: string;
  environment?: NodeJS.ProcessEnv;
}

export interface InitResult {
  app: App;
  dryRun: boolean;
  files: Omit<Step, 'text' | 'before'>[];
  /** Files were, or would be, written. */
  changed: boolean;
  /** How the app's files import `lib/kafka`. */
  kafkaImport: string;
  notes: string[];
  next: string[];
  exitCode: number;
}

const WRITING: readonly StepStatus[] = ['created', 'edited', 'overwritten'];

export function runInit(options: InitOptions): InitResult {
  const app = detectApp(options.folder, options.environment);
  const shipped = {
    compose: shippedFile(options.packageRoot, 'compose.yaml'),
    environment: shippedFile(options.packageRoot, '.env.example'),
  };
  const { steps, kafkaImport, notes } = makePlan(app, { force: options.force, shipped });
  const writes = steps.filter((step) => WRITING.includes(step.status));
  if (!options.dryRun)
    writeAll(
      app.root,
      writes.map(({ path, text, before }) => ({ path, text: text!, before })),
    );
  const byHand = steps.some((step) => step.status === 'by-hand');
  return {
    app,
    dryRun: options.dryRun,
    files: steps.map(({ text, before, ...rest }) => rest),
    changed: writes.length > 0,
    kafkaImport,
    notes,
    next: nextSteps(app, kafkaImport, steps),
    exitCode: byHand ? EXIT.BY_HAND : EXIT.OK,
  };
}

function shippedFile(root: string, name: string): string {
  try {
    return readFileSync(join(root, name), 'utf8');
  } catch (cause) {
    const message = `${name} is missing in the package (${reasonOf(cause)}): install kafka4 again`;
    throw new CliError('ERR_KAFKA_INIT_PACKAGE', message, { cause });
  }
}

const INSTALL: Record<PackageManager, string> = {
  npm: 'npm install kafka4',
  pnpm: 'pnpm add kafka4',
  yarn: 'yarn add kafka4',
  bun: 'bun add kafka4',
};

function nextSteps(app: App, kafkaImport: string, planned: readonly Step[]): string[] {
  const steps = app.dependsOnKafka4 ? [] : [INSTALL[app.packageManager]];
  // A relative path differs from file to file.
  const folder = `${app.src ? 'src/' : ''}lib/kafka`;
  const from = kafkaImport.startsWith('.') ? `a relative path to ${folder}` : `'${kafkaImport}'`;
  if (!app.next) return [...steps, `import { initializeKafka4, kafkaProducerService } from ${from}`];
  // A compose file of the user's own need not have Kafka in it.
  const ours = planned.some(({ path, status }) => path === 'compose.yaml' && status !== 'kept');
  const compose = ours ? 'docker compose' : 'docker compose -f node_modules/kafka4/compose.yaml';
  return [
    ...steps,
    `KAFKA_BROKER=embedded ${app.packageManager} run dev   (a broker inside the process, to try it)`,
    `${compose} up -d --wait   (Apache Kafka on localhost:29092, the default)`,
    `import { kafkaProducerService } from ${from}   (in route handlers and server actions)`,
    'NEXT_MANUAL_SIG_HANDLE=true   (where the server is started, so that it stops in order)',
  ];
}
