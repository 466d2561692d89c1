// Reads from Rust source which modules of its own crate a file uses.

import { codeOf } from './files';

/**
 * The first names behind `crate::`, also in groups: `use crate::{config::Config, produce::{a, b}}` uses
 * `config` and `produce`.
 */
export function usedModules(source: string): Set<string> {
  const code = codeOf(source);
  const names = new Set<string>();
  for (const { index, 0: match } of code.matchAll(/\bcrate\s*::\s*/g)) {
    for (const name of headsAt(code, index + match.length)) names.add(name);
  }
  // From core/src/<room>/<file>.rs two steps up are the crate, where the other rooms are.
  for (const [, name] of code.matchAll(/\bsuper\s*::\s*super\s*::\s*(\w+)/g)) names.add(name!);
  return names;
}

/** The names that a use tree begins with. */
function headsAt(code: string, start: number): string[] {
  if (code[start] !== '{') return [/^\w+/.exec(code.slice(start))?.[0] ?? ''].filter((name) => name !== '');
  const names: string[] = [];
  let depth = 0;
  let expectsName = false;
  for (let at = start; at < code.length; at += 1) {
    const char = code[at]!;
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (depth === 0) break;
    if (depth === 1 && (char === '{' || char === ',')) {
      expectsName = true;
      continue;
    }
    if (!expectsName || /\s/.test(char)) continue;
    names.push(/^\w+/.exec(code.slice(at))?.[0] ?? '');
    expectsName = false;
  }
  return names.filter((name) => name !== '');
}
