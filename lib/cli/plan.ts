/** Decides, file by file, what `kafka4 init` does in an app. It reads only; write.ts writes. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { importPath } from './alias.js';
import type { App } from './app.js';
import { isFolder, isSameText, readIfThere } from './app-files.js';
import { CliError } from './errors.js';
import { addExternalPackage, CONFIG_LINE } from './next-config.js';
import { checkSyntax } from './syntax.js';
import * as templates from './templates.js';

/** `kept`: the user's own, and it does what is needed. `by-hand`: only the user can do it safely. */
export type StepStatus = 'created' | 'edited' | 'overwritten' | 'unchanged' | 'kept' | 'by-hand';

export interface Step {
  /** Relative to the app, with slashes. */
  path: string;
  status: StepStatus;
  /** Why, where the status alone does not tell. */
  note?: string;
  /** Lines that were inserted, or that the user has to add. */
  lines?: readonly string[];
  /** The whole new text of a file that is written. */
  text?: string;
  /** What it held before. */
  before?: string;
}

export interface PlanOptions {
  force: boolean;
  /** Texts of the package's own compose.yaml and .env.example. */
  shipped: { compose: string; environment: string };
}

export interface Plan {
  steps: Step[];
  /** How the app's files import `lib/kafka`. */
  kafkaImport: string;
  notes: string[];
}

interface Wanted {
  path: string;
  text: string;
  /** Other names under which the app may have the same thing. */
  others?: string[];
  /** Whether a text of the user's own does what is needed. */
  serves: (text: string) => boolean;
  /** What has to be added where it does not; none: nothing depends on it. */
  lines?: readonly string[];
  note?: string;
}

/** Names that Docker Compose takes, too; it prefers compose.yaml, so a second file would hide the user's. */
const COMPOSE_NAMES = ['compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

const MODULES = ['ts', 'tsx', 'mts', 'js', 'jsx', 'mjs'];

export function makePlan(app: App, options: PlanOptions): Plan {
  const base = app.src ? 'src/' : '';
  const extension = app.typescript ? 'ts' : 'js';
  const kafkaImport = importPath(app.root, `${base}lib/kafka`, base.slice(0, -1));
  const wanted = app.next
    ? [library(app, base, extension), ...forNext(app, base, extension, kafkaImport, options)]
    : [library(app, base, extension)];
  const steps = wanted.map((each) => stepFor(app, each, options.force));
  const notes: string[] = [];
  if (app.next) {
    steps.push(configStep(app));
    if (app.nextMajor !== undefined && app.nextMajor < 15) {
      notes.push(
        `Next.js ${app.nextMajor} is installed: kafka4 is tried with 15 and newer, older ones name this option differently`,
      );
    }
  }
  return { steps, kafkaImport, notes };
}

function library(app: App, base: string, extension: string): Wanted {
  const commonjs = !app.next && !app.typescript && app.commonjs;
  return {
    path: `${base}lib/kafka/index.${extension}`,
    text: templates.libraryIndex({ commonjs, next: app.next }),
    // A file lib/kafka.ts is found before the folder lib/kafka, whatever stands in it.
    others: [...MODULES.map((each) => `${base}lib/kafka.${each}`), ...variants(`${base}lib/kafka/index`, extension)],
    serves: (text) => /['"]kafka4['"]/.test(text),
    lines: ["export * from 'kafka4';"],
    note: 'it is your own; add this line (a file lib/kafka.ts is found before lib/kafka/index.ts)',
  };
}

function forNext(app: App, base: string, extension: string, kafka: string, { shipped }: PlanOptions): Wanted[] {
  const { typescript } = app;
  return [
    {
      path: `${base}instrumentation.${extension}`,
      text: templates.instrumentation({ typescript }),
      others: variants(`${base}instrumentation`, extension),
      serves: (text) => /instrumentation-node|initializeKafka4/.test(text),
      lines: templates.INSTRUMENTATION_LINES,
      note: 'it is your own; put these lines into its register()',
    },
    {
      path: `${base}instrumentation-node.${extension}`,
      text: templates.instrumentationNode({ typescript, kafka }),
      others: variants(`${base}instrumentation-node`, extension),
      serves: (text) => /initializeKafka4/.test(text),
      lines: [`import { initializeKafka4 } from '${kafka}';`, 'await initializeKafka4();'],
      note: 'it is your own; connect to Kafka in it',
    },
    {
      path: 'compose.yaml',
      text: templates.composeFile(shipped.compose),
      others: COMPOSE_NAMES,
      serves: () => true,
      note: "it is your own; kafka4's services are in node_modules/kafka4/compose.yaml",
    },
    {
      path: '.env.example',
      text: templates.environmentExample(shipped.environment),
      serves: () => true,
      note: "it is your own; kafka4's variables are in node_modules/kafka4/.env.example",
    },
  ];
}

function variants(path: string, extension: string): string[] {
  return MODULES.filter((each) => each !== extension).map((each) => `${path}.${each}`);
}

function stepFor(app: App, wanted: Wanted, force: boolean): Step {
  const other = wanted.others?.find((path) => existsSync(join(app.root, path)));
  const path = other ?? wanted.path;
  refuseFolder(app, path);
  const before = readIfThere(join(app.root, path), path);
  if (before === undefined) return { path, status: 'created', text: wanted.text };
  if (isSameText(before, wanted.text)) return { path, status: 'unchanged' };
  // A file of another name is another kind of file: what would be written does not fit into it.
  if (force && other === undefined) return { path, status: 'overwritten', text: wanted.text, before };
  if (wanted.lines !== undefined && !wanted.serves(before)) {
    return { path, status: 'by-hand', note: wanted.note ?? 'it is your own; add this line', lines: wanted.lines };
  }
  const note = wanted.lines === undefined ? wanted.note : 'it is your own, and nothing has to be added to it';
  return { path, status: 'kept', note };
}

function refuseFolder(app: App, path: string): void {
  const parts = path.split('/');
  for (let i = 1; i < parts.length; i += 1) {
    const folder = parts.slice(0, i).join('/');
    const stat = statSync(join(app.root, folder), { throwIfNoEntry: false });
    if (stat !== undefined && !stat.isDirectory()) {
      throw new CliError('ERR_KAFKA_INIT_NOT_A_FOLDER', `${folder} is a file, and ${path} has to be written below it`);
    }
  }
  if (isFolder(join(app.root, path))) {
    throw new CliError('ERR_KAFKA_INIT_NOT_A_FILE', `${path} is a folder, and a file of that name has to be written`);
  }
}

function configStep(app: App): Step {
  const path = app.nextConfig;
  if (path === undefined) {
    const name = app.typescript && (app.nextMajor ?? 15) >= 15 ? 'next.config.ts' : 'next.config.mjs';
    return { path: name, status: 'created', text: templates.nextConfig({ typescript: name.endsWith('.ts') }) };
  }
  refuseFolder(app, path);
  const before = readIfThere(join(app.root, path), path) ?? '';
  const byHand = (reason: string, lines: readonly string[] = [CONFIG_LINE]): Step => {
    return { path, status: 'by-hand', note: `add this line to the configuration; ${reason}`, lines };
  };
  if (app.nextMajor !== undefined && app.nextMajor < 15) {
    if (/serverComponentsExternalPackages[^\]]*['"]kafka4['"]/.test(before)) return { path, status: 'unchanged' };
    const old = "experimental: { serverComponentsExternalPackages: ['kafka4'], instrumentationHook: true },";
    return byHand('this version of Next.js has it among the experimental options', [old]);
  }
  // A byte that is no UTF-8 would be written back as another one.
  if (before.includes('\ufffd')) return byHand('the file is not UTF-8');
  const edit = addExternalPackage(before);
  if (edit.kind === 'same') return { path, status: 'unchanged' };
  if (edit.kind === 'unsure') return byHand(`the file is left alone, because ${edit.reason}`);
  if (checkSyntax(app.root, path, edit.text) === 'wrong') {
    return byHand('the file is left alone, because the result could not be parsed');
  }
  return { path, status: 'edited', text: edit.text, before, lines: [edit.inserted] };
}
