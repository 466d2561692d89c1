/**
 * Cuts a JavaScript or TypeScript file into tokens with their places and pairs its brackets. It knows as much of the
 * languages as is needed to find a place in a configuration file; what it cannot pair is refused, never guessed.
 */

export interface Token {
  kind: 'word' | 'number' | 'string' | 'template' | 'regex' | 'punctuation';
  text: string;
  /** Offsets in the file. */
  start: number;
  end: number;
  /** A line ends between the token before and this one. */
  newLine: boolean;
  /** Index of the bracket that encloses it; -1 at the top. */
  parent: number;
  /** Of a bracket: index of its partner. */
  pair: number;
}

/** The text cannot be read with certainty. */
export class Unsure extends Error {}

const WORD = /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\.?\d(?:[\w.]|(?<=[eE])[+-])*/y;
/** The longest first. One angle bracket is always a token of its own, because of `Promise<Array<X>>`. */
const OPERATOR =
  /\.\.\.|\?\?=|&&=|\|\|=|\*\*=|===|!==|=>|==|!=|\?\.(?!\d)|\?\?|&&|\|\||\+\+|--|\*\*|[-+*/%&|^]=|[{}()[\];,<>+\-*/%&|^!~?:=.]/y;
const SPACE = /(?:[\s\ufeff]|\/\/[^\n\r\u2028\u2029]*|\/\*[\s\S]*?\*\/)+/y;

/** A slash after one of these words begins a regular expression. */
const BEFORE_REGEX = new Set(
  'return typeof case in of delete void throw new instanceof await yield default else do'.split(' '),
);

const PARTNER: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const open: number[] = [];
  let at = /^\ufeff?#!/.test(source) ? endOfLine(source, 0) : 0;
  let newLine = true;
  while (at < source.length) {
    const space = match(SPACE, source, at);
    if (space !== undefined) {
      newLine ||= /[\n\r\u2028\u2029]/.test(space);
      at += space.length;
      continue;
    }
    const kind = kindAt(source, at, tokens.at(-1));
    const end = endOf(kind, source, at);
    const text = source.slice(at, end);
    const token: Token = { kind, text, start: at, end, newLine, parent: open.at(-1) ?? -1, pair: -1 };
    if (kind === 'punctuation') pairUp(token, tokens, open);
    tokens.push(token);
    at = end;
    newLine = false;
  }
  if (open.length > 0) throw new Unsure(`a bracket is not closed: ${tokens[open.at(-1)!]!.text}`);
  return tokens;
}

function pairUp(token: Token, tokens: Token[], open: number[]): void {
  if ('([{'.includes(token.text)) open.push(tokens.length);
  const partner = PARTNER[token.text];
  if (partner === undefined) return;
  const begin = open.pop();
  if (begin === undefined || tokens[begin]!.text !== partner)
    throw new Unsure(`a bracket has no partner: ${token.text}`);
  token.pair = begin;
  token.parent = tokens[begin]!.parent;
  tokens[begin]!.pair = tokens.length;
}

function kindAt(source: string, at: number, before: Token | undefined): Token['kind'] {
  const first = source[at]!;
  if (first === '"' || first === "'") return 'string';
  if (first === '`') return 'template';
  if (match(NUMBER, source, at) !== undefined) return 'number';
  if (match(WORD, source, at) !== undefined) return 'word';
  if (first !== '/') return 'punctuation';
  if (before === undefined) return 'regex';
  if (before.kind === 'word') return BEFORE_REGEX.has(before.text) ? 'regex' : 'punctuation';
  if (before.kind !== 'punctuation') return 'punctuation';
  return ')]}'.includes(before.text) ? 'punctuation' : 'regex';
}

function endOf(kind: Token['kind'], source: string, at: number): number {
  if (kind === 'string') return endOfString(source, at);
  if (kind === 'template') return endOfTemplate(source, at);
  if (kind === 'regex') return endOfRegex(source, at);
  const pattern = kind === 'word' ? WORD : kind === 'number' ? NUMBER : OPERATOR;
  const text = match(pattern, source, at);
  if (text === undefined) throw new Unsure(`an unexpected character: ${JSON.stringify(source[at])}`);
  return at + text.length;
}

function endOfString(source: string, at: number): number {
  for (let i = at + 1; i < source.length; i += 1) {
    if (source[i] === '\\') i += source.startsWith('\r\n', i + 1) ? 2 : 1;
    else if (source[i] === source[at]) return i + 1;
    else if (source[i] === '\n' || source[i] === '\r') break;
  }
  throw new Unsure('a string is not closed');
}

function endOfTemplate(source: string, at: number): number {
  for (let i = at + 1; i < source.length; i += 1) {
    if (source[i] === '\\') i += 1;
    else if (source[i] === '`') return i + 1;
    // What stands in a template decides nothing here; a brace inside one would need a reader of its own.
    else if (source.startsWith('${', i)) i = endOfSubstitution(source, i);
  }
  throw new Unsure('a template is not closed');
}

/** Offset of the brace that closes `${`. */
function endOfSubstitution(source: string, at: number): number {
  let depth = 0;
  for (let i = at + 1; i < source.length; i += 1) {
    const char = source[i]!;
    if (char === '"' || char === "'") i = endOfString(source, i) - 1;
    else if (char === '`') i = endOfTemplate(source, i) - 1;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return i;
    } else if (char === '/' && /[/*]/.test(source[i + 1] ?? '')) throw new Unsure('a comment stands inside a template');
  }
  throw new Unsure('a template is not closed');
}

function endOfRegex(source: string, at: number): number {
  let inClass = false;
  for (let i = at + 1; i < source.length; i += 1) {
    const char = source[i]!;
    if (char === '\\') i += 1;
    else if (char === '\n' || char === '\r') break;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return i + 1 + (match(/\w+/y, source, i + 1)?.length ?? 0);
  }
  throw new Unsure('a regular expression is not closed');
}

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

export function endOfLine(source: string, at: number): number {
  const end = source.slice(at).search(/[\n\r]/);
  return end === -1 ? source.length : at + end;
}

/** The value of a string token without escapes; undefined for any other. */
export function plainString(token: Token | undefined): string | undefined {
  return token?.kind === 'string' && !token.text.includes('\\') ? token.text.slice(1, -1) : undefined;
}
