// Reads from Rust source where it is unsafe, and whether it says why that is sound.

export interface Unsafe {
  /** From 1. */
  line: number;
  kind: 'block' | 'impl' | 'trait' | 'fn';
  hasReason: boolean;
}

const COMMENT = /^\s*\/\//;
const ATTRIBUTE = /^\s*#!?\[/;
/** What a reason begins with; rustdoc's section for callers of functions is one, too. */
const REASON = /\bSAFETY: \S|# Safety$/m;
/** The line before is not part of the same statement. */
const ENDS = /(?:[;{},]|=>)$/;

/**
 * Every `unsafe` that needs a reason: blocks, implementations, traits, functions. The reason is a comment right above
 * the statement (above one of its lines), or above the line before where that one is unsafe and says it for both.
 */
export function unsafeIn(source: string): Unsafe[] {
  const lines = source.split('\n');
  const code = blanked(source).split('\n');
  const found: Unsafe[] = [];
  for (const [at, text] of code.entries()) {
    for (const { index } of text.matchAll(/\bunsafe\b/g)) {
      const kind = kindOf([text.slice(index + 6), ...code.slice(at + 1, at + 3)].join(' '));
      if (kind === undefined) continue;
      const told = found.some(({ line, hasReason }) => line === at && hasReason);
      found.push({ line: at + 1, kind, hasReason: told || reasonAbove(lines, code, at) });
    }
  }
  return found;
}

/** Undefined: the type of a pointer to a function. */
function kindOf(after: string): Unsafe['kind'] | undefined {
  const next = /^\s*(?:extern\s*""\s*)?(\{|impl\b|trait\b|fn\b\s*\(?)/.exec(after)?.[1]?.replace(/\s+/g, '');
  if (next === undefined) throw new Error(`unsafe what? ${after}`);
  if (next === '{') return 'block';
  if (next === 'fn(') return undefined;
  return next as Unsafe['kind'];
}

function reasonAbove(lines: string[], code: string[], at: number): boolean {
  for (let above = at - 1; above >= 0; above -= 1) {
    if (COMMENT.test(lines[above]!)) return REASON.test(commentEndingAt(lines, above));
    if (ATTRIBUTE.test(lines[above]!)) continue;
    const text = code[above]!.trimEnd();
    if (text.trim() === '' || ENDS.test(text)) return false;
  }
  return false;
}

function commentEndingAt(lines: string[], end: number): string {
  let begin = end;
  while (begin > 0 && COMMENT.test(lines[begin - 1]!)) begin -= 1;
  return lines.slice(begin, end + 1).join('\n');
}

/** The source with comments and the contents of strings taken out, each line where it was. */
function blanked(source: string): string {
  const words = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\bb?r(#*)"[\s\S]*?"\1|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[^\n]|[^'\\\n])'/g;
  return source.replace(words, (match) => (match.startsWith('/') ? '' : '""') + match.replace(/[^\n]/g, ''));
}
