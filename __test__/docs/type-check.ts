// Type-checks blocks of code: each becomes a file of its own in a temporary folder, and one run of the compiler sees all
// of them.

import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Block, ROOT } from './pages';

const EXTENSIONS: Record<string, string> = { ts: 'ts', tsx: 'tsx', js: 'js', jsx: 'jsx', mjs: 'mjs', cjs: 'cjs' };

/** What only asks for annotations that JavaScript cannot have: implicit any, unknown, perhaps null, Promise<void>. */
const NOT_FOR_JAVASCRIPT = /^TS(7\d{3}|2810|18046|18047|18048|18049|2531|2532|2533|2538|2571)$/;

/** The same by its words: JSON without a type, and `server.address()`, which is all that it can be at once. */
const LOOSE = /on type '(unknown|string \| AddressInfo \| null)'/;

/** Modules of the application that the page speaks of. */
const READERS_OWN = /^Cannot find module '(\.{1,2}\/|@\/)/;

export const isChecked = ({ language }: Block): boolean => language in EXTENSIONS;

const isScript = ({ language }: Block): boolean => /^[mc]?jsx?$/.test(language);

const declaredNames = (declarations: string): string =>
  [...declarations.matchAll(/^declare (?:const|let|function|class) (\w+)/gm)].map(([, name]) => name).join(', ');

/** The package's own entries, from its sources: no build is needed, and none can be old. */
function entries(): Record<string, string[]> {
  const testing = join(ROOT, 'lib', 'testing', 'index.ts');
  return {
    kafka4: [join(ROOT, 'lib', 'index.ts')],
    ...(existsSync(testing) ? { 'kafka4/testing': [testing] } : {}),
    '@/lib/*': [join(ROOT, 'lib', '*')],
  };
}

/** Every export, for blocks that import nothing: they show a line or two of a program that does. */
function globalNames(reference: string): string {
  const { values, types } = exportedNames(reference);
  const lines = [
    ...values.map((name) => `  const ${name}: typeof kafka4.${name};`),
    ...types.map((name) => `  type ${name} = kafka4.${name};`),
  ];
  return `import * as kafka4 from 'kafka4';\ndeclare global {\n${lines.join('\n')}\n}\n`;
}

export interface Names {
  values: string[];
  types: string[];
}

/** What docs/reference.md tells of the entry `kafka4`. */
export function exportedNames(reference: string): Names {
  const main = reference
    .split(/^(?=## )/m)
    .filter((section) => !/^## .* of kafka4\/testing$/m.test(section))
    .join('');
  const all = (pattern: RegExp) => [...main.matchAll(pattern)].map(([, name]) => name!);
  const classes = [...all(/^declare class (\w+)/gm), ...all(/^\| `(\w+)` \|/gm)];
  const unnamed = new Set(all(/^### (\w+)\n\nNot exported by this name/gm));
  return {
    values: [...new Set([...classes, ...all(/^declare (?:const|function) (\w+)/gm)])],
    types: [...new Set([...classes, ...all(/^(?:interface|type) (\w+)/gm)])].filter((name) => !unnamed.has(name)),
  };
}

function compile(folder: string): Promise<string> {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], { cwd: folder });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}

/** @returns what is wrong, by the place of the block */
export async function typeErrors(blocks: Block[], reference: string): Promise<Map<string, string[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka4-docs-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
    copyFileSync(join(__dirname, 'modules.txt'), join(folder, 'modules.d.ts'));
    writeFileSync(join(folder, 'globals.ts'), globalNames(reference));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options()));
    const files = new Map<string, { block: Block; before: number }>();
    for (const block of blocks) {
      const name = `${block.page.replace(/\.md$/, '')}-${block.line}.${EXTENSIONS[block.language]}`;
      // JavaScript knows no declarations: they go to a file beside it.
      const script = isScript(block);
      const given = block.given === '' ? '' : `${block.given}\n`;
      const imported = script && given ? `import { ${declaredNames(given)} } from './${name}.given';\n` : '';
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      if (imported) writeFileSync(join(folder, `${name}.given.d.ts`), given.replace(/^declare /gm, 'export declare '));
      const head = imported.replace(/'\.\/.*\//, "'./") || given;
      writeFileSync(join(folder, name), `${head}${block.text}\n`);
      files.set(name, { block, before: head.split('\n').length - 1 });
    }
    return sorted(await compile(folder), files);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sorted(output: string, files: Map<string, { block: Block; before: number }>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const match = /^(\S+?)\((\d+),\d+\): error (TS\d+): (.*)$/.exec(line);
    if (!match) {
      // A compiler that cannot even begin says so without a place.
      if (/error TS\d+/.test(line)) throw new Error(line);
      continue;
    }
    const [, name, row, code, message] = match as unknown as [string, string, string, string, string];
    const file = files.get(name);
    if (!file) {
      // The package's own sources are checked elsewhere, but what is written here must fit.
      if (/^(globals\.ts|modules\.d\.ts|.*\.given\.d\.ts)$/.test(name)) throw new Error(line);
      continue;
    }
    const { block, before } = file;
    if (isScript(block) && (NOT_FOR_JAVASCRIPT.test(code) || LOOSE.test(message))) continue;
    if (code === 'TS2307' && READERS_OWN.test(message)) continue;
    // A type of a package in modules.txt.
    if (code === 'TS2709') continue;
    // Written from sources that compile: only that it is well-formed is left to see.
    if (block.page === 'docs/reference.md' && !/^TS1\d{3}$/.test(code)) continue;
    const place = `${block.page}:${block.line + Number(row) - before}`;
    found.set(block.at, [...(found.get(block.at) ?? []), `${place}: ${message} (${code})`]);
  }
  return found;
}

function options(): unknown {
  return {
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'],
      module: 'preserve',
      moduleResolution: 'bundler',
      moduleDetection: 'force',
      strict: true,
      allowJs: true,
      checkJs: true,
      jsx: 'preserve',
      noEmit: true,
      skipLibCheck: true,
      esModuleInterop: true,
      types: ['node', 'jest'],
      paths: entries(),
    },
    include: ['**/*'],
    exclude: ['node_modules'],
  };
}
