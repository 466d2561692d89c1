/** What `kafka4 init` has to know about the app that it is run in. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { installedVersion, isFolder, isRecord, readIfThere, upwards } from './app-files.js';
import { CliError } from './errors.js';

export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun';

export interface App {
  /** The folder of package.json. */
  root: string;
  next: boolean;
  /** Major version of Next.js; undefined where it cannot be told. */
  nextMajor: number | undefined;
  typescript: boolean;
  /** The app's own files lie in `src/`. */
  src: boolean;
  /** Plain JavaScript files are CommonJS outside of a bundler. */
  commonjs: boolean;
  packageManager: PackageManager;
  /** `kafka4` stands in package.json. */
  dependsOnKafka4: boolean;
  /** File name of the configuration that Next.js takes; undefined: none is there. */
  nextConfig: string | undefined;
}

/** In the order in which Next.js looks for them; `.cjs` and the last two are read by no version so far, but exist. */
const CONFIG_NAMES = ['js', 'mjs', 'ts', 'mts', 'cjs', 'cts'].map((extension) => `next.config.${extension}`);

const LOCK_FILES: readonly [string, PackageManager][] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

export function detectApp(folder: string, environment: NodeJS.ProcessEnv = process.env): App {
  const root = resolve(folder);
  if (!isFolder(root)) throw new CliError('ERR_KAFKA_INIT_NO_APP', `${root} is no folder`);
  const manifest = readManifest(root);
  const dependencies = [manifest.dependencies, manifest.devDependencies, manifest.peerDependencies].filter(isRecord);
  const rangeOf = (name: string) => dependencies.map((each) => each[name]).find((range) => typeof range === 'string');
  const nextConfig = CONFIG_NAMES.find((name) => existsSync(join(root, name)));
  const next = rangeOf('next') !== undefined || nextConfig !== undefined;
  if (!next) refuseWorkspaceRoot(root, manifest);
  return {
    root,
    next,
    nextMajor: next ? majorOf(installedVersion(root, 'next') ?? rangeOf('next')) : undefined,
    typescript: existsSync(join(root, 'tsconfig.json')) || rangeOf('typescript') !== undefined,
    src: next ? nextUsesSrc(root) : isFolder(join(root, 'src')),
    commonjs: manifest.type !== 'module',
    packageManager: packageManagerOf(root, manifest, environment),
    dependsOnKafka4: rangeOf('kafka4') !== undefined,
    nextConfig,
  };
}

function readManifest(root: string): Record<string, unknown> {
  const text = readIfThere(join(root, 'package.json'), 'package.json');
  if (text === undefined) {
    const above = upwards(dirname(root), (folder) => (existsSync(join(folder, 'package.json')) ? folder : undefined));
    const hint = above === undefined ? '' : `; there is one in ${above}`;
    throw new CliError('ERR_KAFKA_INIT_NO_APP', `${root} has no package.json: run it in the folder of your app${hint}`);
  }
  try {
    const manifest = JSON.parse(text.replace(/^\ufeff/, ''));
    if (isRecord(manifest)) return manifest;
    throw new SyntaxError('it is no object');
  } catch (cause) {
    const message = `package.json cannot be read: ${(cause as Error).message}`;
    throw new CliError('ERR_KAFKA_INIT_PACKAGE_JSON', message, { cause });
  }
}

/** Files at the root of a workspace would belong to no app. */
function refuseWorkspaceRoot(root: string, manifest: Record<string, unknown>): void {
  if (manifest.workspaces === undefined && !existsSync(join(root, 'pnpm-workspace.yaml'))) return;
  throw new CliError(
    'ERR_KAFKA_INIT_WORKSPACE_ROOT',
    `${root} is the root of a workspace: name the folder of the app, such as "kafka4 init apps/web"`,
  );
}

/** Next.js takes `app` or `pages` at the root first. */
function nextUsesSrc(root: string): boolean {
  const has = (...path: string[]) => isFolder(join(root, ...path));
  if (has('app') || has('pages')) return false;
  return has('src', 'app') || has('src', 'pages');
}

function majorOf(version: unknown): number | undefined {
  const digits = typeof version === 'string' ? /^[\^~>=v\s]*(\d+)/.exec(version)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

function packageManagerOf(
  root: string,
  manifest: Record<string, unknown>,
  environment: NodeJS.ProcessEnv,
): PackageManager {
  const found = upwards(root, (folder) => {
    const text = folder === root ? manifest.packageManager : undefined;
    const named = typeof text === 'string' ? known(text.split('@')[0]) : undefined;
    return named ?? LOCK_FILES.find(([file]) => existsSync(join(folder, file)))?.[1];
  });
  return found ?? known(environment.npm_config_user_agent?.split('/')[0]) ?? 'npm';
}

function known(name: string | undefined): PackageManager | undefined {
  return (['npm', 'pnpm', 'yarn', 'bun'] as const).find((each) => each === name);
}
