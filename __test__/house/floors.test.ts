// The floors (lib over src over core) and the rooms of the core: who may know whom.

import { dirname, join, normalize } from 'node:path';
import { codeOf, filesUnder, read } from './files';
import { usedModules } from './rooms';

const ROOMS = ['produce', 'consume', 'control'];

describe('core knows nothing of N-API', () => {
  test('its manifest depends on nothing of napi', () => {
    const dependencies = [...read('core/Cargo.toml').matchAll(/^\s*"?([\w-]+)"?(?:\.\w+)?\s*=/gm)].map(
      ([, name]) => name,
    );
    expect(dependencies).toContain('rdkafka');
    expect(dependencies.filter((name) => name!.startsWith('napi'))).toEqual([]);
    expect(read('core/Cargo.toml')).not.toMatch(/^\[.*dependencies\.napi/m);
  });

  test('its code does not name napi', () => {
    const files = filesUnder('core', /\.rs$/);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => /\bnapi\w*\b/.test(codeOf(read(file))))).toEqual([]);
  });
});

describe('the rooms of the core do not know one another', () => {
  test.each(ROOMS)('%s', (room) => {
    const files = filesUnder(`core/src/${room}`, /\.rs$/);
    expect(files.length).toBeGreaterThan(0);
    const others = ROOMS.filter((each) => each !== room);
    const doors = files.flatMap((file) => {
      const used = usedModules(read(file));
      return others.filter((other) => used.has(other)).map((other) => `${file} uses ${other}`);
    });
    expect(doors).toEqual([]);
  });

  test.each([
    ['use crate::produce::producer::Producer;', ['produce']],
    ['use crate::{\n    config::Config,\n    consume::{lanes, offsets},\n};', ['config', 'consume']],
    ['let x = crate::control::admin::create();', ['control']],
    ['use super::super::produce::delivery;', ['produce']],
    ['// use crate::produce;\nlet text = "crate::consume::x";', []],
    ['use crate::error::{Error, Result};\nuse super::batch::Slab;', ['error']],
  ])('the reading of %j', (source, expected) => {
    expect([...usedModules(source)].sort()).toEqual(expected);
  });
});

describe('lib stands on the addon alone', () => {
  const files = filesUnder('lib', /\.ts$/);
  const imports = files.flatMap((file) => importsOf(read(file)).map((each) => ({ file, ...each })));

  test('it imports its own files, Node and the addon', () => {
    const strangers = imports.filter(({ file, from }) => {
      if (from.startsWith('node:')) return false;
      const target = targetOf(file, from);
      return target === undefined || !(target.startsWith('lib/') || target === 'index.js');
    });
    expect(strangers.map(({ file, from }) => `${file}: ${from}`)).toEqual([]);
  });

  test('one file loads the addon, the others take its types', () => {
    const loaders = imports.filter(({ file, from, typeOnly }) => !typeOnly && targetOf(file, from) === 'index.js');
    expect([...new Set(loaders.map(({ file }) => file))]).toEqual(['lib/kafka/native.ts']);
  });

  test('lib/kafka does not know lib/kafkajs (its index.ts re-exports it), nor the entry above', () => {
    const upward = imports.filter(({ file, from, typeOnly }) => {
      if (!file.startsWith('lib/kafka/') || file === 'lib/kafka/index.ts') return false;
      const target = targetOf(file, from) ?? '';
      const above = target === 'lib/index.js' || target === 'lib/kafka/index.js' || target.startsWith('lib/kafkajs/');
      // The shapes that handlers and publishers see are KafkaJS's: its types are everybody's.
      return above && !(typeOnly && target === 'lib/kafkajs/types.js');
    });
    expect(upward.map(({ file, from }) => `${file}: ${from}`)).toEqual([]);
  });

  test('no modules go in a circle', () => {
    const edges = new Map(files.map((file) => [file, [] as string[]]));
    for (const { file, from, typeOnly } of imports) {
      const target = targetOf(file, from)?.replace(/\.js$/, '.ts');
      if (!typeOnly && target !== undefined && edges.has(target)) edges.get(file)!.push(target);
    }
    expect(circleIn(edges)).toEqual([]);
  });
});

interface Import {
  from: string;
  typeOnly: boolean;
}

function importsOf(source: string): Import[] {
  const code = source.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (match, at: number) =>
    source[at - 1] === ':' ? match : '',
  );
  const found: Import[] = [];
  for (const [, kind, from] of code.matchAll(/^\s*(?:import|export)\s+(type\s+)?[^'";]*?\bfrom\s+['"]([^'"]+)['"]/gm)) {
    found.push({ from: from!, typeOnly: kind !== undefined });
  }
  for (const [, from] of code.matchAll(/^\s*import\s+['"]([^'"]+)['"]/gm)) found.push({ from: from!, typeOnly: false });
  for (const [, from] of code.matchAll(/\b(?:require|(?<!typeof )import)\(\s*['"]([^'"]+)['"]/g)) {
    found.push({ from: from!, typeOnly: false });
  }
  return found;
}

/** Relative to the root; undefined for the name of a package. */
function targetOf(file: string, from: string): string | undefined {
  if (!from.startsWith('.')) return undefined;
  return normalize(join(dirname(file), from)).replaceAll('\\', '/');
}

function circleIn(edges: Map<string, string[]>): string[] {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of edges.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of edges.keys()) {
    const circle = visit(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
}
