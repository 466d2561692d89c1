// No test is lost: every spec file belongs to one jest project, every Rust test to a target that is run, and
// none is switched off.

import { spawnSync } from 'node:child_process';
import { dirname, join, posix, relative, sep } from 'node:path';
import { codeOf, filesUnder, ROOT, read } from './files';

// Anything that looks like a spec, under any name that some runner or editor would take for one.
const specs = filesUnder('.', /\.(test|spec)\.[cm]?[jt]sx?$/);

function listed(project: string): string[] {
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const run = spawnSync(process.execPath, [jest, '--listTests', '--selectProjects', project], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const files = run.stdout.split('\n').filter((line) => line.startsWith(ROOT));
  return files.map((file) => relative(ROOT, file).split(sep).join('/'));
}

test('every spec file belongs to exactly one jest project', () => {
  const projects = ['unit', 'broker', 'kafkajs', 'package', 'browser'].map(listed);
  expect(projects[0]).toContain('__test__/house/spec-files.test.ts');
  expect(projects.flat().sort()).toEqual(specs);
});

test('no spec is focused, skipped or left to be done', () => {
  const marks = [
    /\b(?:describe|it|test)(?:\.concurrent)?\s*\.\s*(?:only|skip|todo|failing)\b/,
    /^\s*(?:xdescribe|xit|xtest|fdescribe|fit)\s*[(.]/m,
    /\[\s*['"](?:only|skip|todo)['"]\s*\]/,
  ];
  const found = specs.filter((file) => marks.some((mark) => mark.test(read(file))));
  expect(found).toEqual([]);
});

interface Target {
  name: string;
  kind: string[];
  test: boolean;
  src_path: string;
}

interface Package {
  name: string;
  manifest_path: string;
  targets: Target[];
}

describe('cargo', () => {
  const packages = packagesOf('Cargo.toml');
  // libFuzzer's flags would have everything compiled again. Its targets have no tests: what they run is a function of
  // the core that has some.
  const fuzzers = packagesOf('core/fuzz/Cargo.toml');
  const rust = filesUnder('.', /\.rs$/);

  test('every crate of the repository is in the workspace, which `cargo test --workspace` runs', () => {
    const crates = filesUnder('.', /^Cargo\.toml$/);
    const known = [...packages, ...fuzzers].map((each) => relative(ROOT, each.manifest_path).split(sep).join('/'));
    expect(known.sort()).toEqual(crates);
  });

  test('every fuzz target runs a property of the core that is also an ordinary test over the same seeds', () => {
    const targets = fuzzers.flatMap((each) => each.targets).map(({ name }) => name);
    const properties = rust.filter((file) => file.endsWith('/any_bytes.rs')).map(read);
    const tested = properties.flatMap((source) => [...source.matchAll(/\bover\(\s*"(\w+)"/g)].map(([, name]) => name));
    expect(targets.length).toBeGreaterThan(0);
    expect(tested.sort()).toEqual(targets.sort());
  });

  test('every target with tests in it is run', () => {
    const silent = packages.flatMap(({ targets }) => targets).filter((target) => !target.test);
    const lost = silent.filter((target) => {
      if (target.kind.includes('custom-build')) return false;
      const folder = relative(ROOT, dirname(target.src_path)).split(sep).join('/');
      return rust.some((file) => file.startsWith(`${folder}/`) && hasTests(file));
    });
    expect(lost.map((target) => target.name)).toEqual([]);
  });

  test('every Rust file is a module of its crate', () => {
    const roots = new Set(
      [...packages, ...fuzzers].flatMap(({ targets }) =>
        targets.map((each) => relative(ROOT, each.src_path).split(sep).join('/')),
      ),
    );
    expect(rust.filter((file) => !roots.has(file) && !isDeclared(file, rust))).toEqual([]);
  });

  test('no Rust test is ignored', () => {
    expect(rust.filter((file) => /#!?\[[^\]]*\bignore\b/.test(codeOf(read(file))))).toEqual([]);
  });
});

function packagesOf(manifest: string): Package[] {
  const args = ['metadata', '--no-deps', '--format-version', '1', '--manifest-path', manifest];
  return JSON.parse(spawnSync('cargo', args, { cwd: ROOT, encoding: 'utf8' }).stdout).packages;
}

function hasTests(file: string): boolean {
  return /#\[(?:\w+::)?test\b/.test(codeOf(read(file)));
}

/** Whether some other file says `mod name;` for it, or names it by a path: cargo compiles no other. */
function isDeclared(file: string, all: string[]): boolean {
  const parts = file.replace(/(\/mod)?\.rs$/, '').split('/');
  const name = parts.pop()!;
  const folder = parts.join('/');
  const declared = new RegExp(`\\bmod\\s+${name}\\s*;`);
  // Its parent is the crate's root or a mod.rs in the folder, or the file that is named like the folder;
  // integration tests, each a root of its own, have their shared files beside or below them.
  const parents = all.filter((each) => each !== file && (dirname(each) === folder || each === `${folder}.rs`));
  const byPath = all.some((each) =>
    [...read(each).matchAll(/#\[path = "([^"]+)"\]/g)].some(([, path]) => posix.join(dirname(each), path!) === file),
  );
  return byPath || parents.some((each) => declared.test(codeOf(read(each))));
}
