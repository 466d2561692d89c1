/** Asks somebody else whether an edited configuration file can still be parsed: TypeScript of the app, or Node.js. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';

/** `unknown`: nobody here can tell. */
export type Verdict = 'right' | 'wrong' | 'unknown';

/** ms for a start of Node.js on a slow machine. */
const CHECK_MS = 20_000;

export function checkSyntax(root: string, name: string, text: string): Verdict {
  if (!/ts$/.test(extname(name))) return checkJavaScript(text);
  const verdict = checkTypeScript(root, name, text);
  if (verdict !== 'unknown') return verdict;
  const strip = (module as { stripTypeScriptTypes?: (text: string) => string }).stripTypeScriptTypes;
  if (strip === undefined) return 'unknown';
  try {
    return checkJavaScript(quietly(() => strip(text)));
  } catch {
    // Syntax that cannot be stripped, such as an enum, is no error.
    return 'unknown';
  }
}

interface TypeScript {
  transpileModule?: (
    text: string,
    options: { reportDiagnostics: boolean; fileName: string; compilerOptions: object },
  ) => { diagnostics?: unknown[] };
}

function checkTypeScript(root: string, name: string, text: string): Verdict {
  try {
    const typescript = require(require.resolve('typescript', { paths: [root] })) as TypeScript;
    // The native compiler has no such function.
    if (typescript.transpileModule === undefined) return 'unknown';
    const options = { reportDiagnostics: true, fileName: name, compilerOptions: { module: 99, target: 99 } };
    return (typescript.transpileModule(text, options).diagnostics ?? []).length === 0 ? 'right' : 'wrong';
  } catch {
    return 'unknown';
  }
}

function checkJavaScript(text: string): Verdict {
  // Bun's and Deno's executables know no --check.
  if (!/^node(js)?(\.exe)?$/i.test(basename(process.execPath))) return 'unknown';
  const isModule = /^\s*(?:import|export)\b/m.test(text);
  const folder = mkdtempSync(join(tmpdir(), 'kafka4-init-'));
  try {
    const file = join(folder, isModule ? 'config.mjs' : 'config.cjs');
    writeFileSync(file, text);
    const check = spawnSync(process.execPath, ['--check', file], { stdio: 'ignore', timeout: CHECK_MS });
    if (check.error !== undefined || check.status === null) return 'unknown';
    return check.status === 0 ? 'right' : 'wrong';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without the warning that a function is experimental. */
function quietly<T>(run: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return run();
  } finally {
    process.emitWarning = emitWarning;
  }
}
