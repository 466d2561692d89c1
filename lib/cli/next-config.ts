/**
 * Adds `serverExternalPackages: ['kafka4']` to the text of a next.config file. Only text is inserted, nothing of the
 * user's is written anew; the result is read again, and where anything is uncertain the file stays as it is.
 */
import { exportedObject } from './config-object.js';
import { endOfLine, plainString, type Token, tokensOf, Unsure } from './tokens.js';

export type ConfigEdit =
  | { kind: 'same' }
  | { kind: 'edited'; text: string; inserted: string }
  | { kind: 'unsure'; reason: string };

const OPTION = 'serverExternalPackages';
const PACKAGE = 'kafka4';
const SPREAD = 'the object takes options of another one (...)';

/** The line that a user adds by hand. */
export const CONFIG_LINE = `${OPTION}: ['${PACKAGE}'],`;

export function addExternalPackage(text: string): ConfigEdit {
  try {
    const insertion = insertionFor(text);
    if (insertion === undefined) return { kind: 'same' };
    const edited = text.slice(0, insertion.at) + insertion.text + text.slice(insertion.at);
    if (insertionFor(edited) !== undefined) throw new Unsure('the edited file could not be read again');
    return { kind: 'edited', text: edited, inserted: insertion.text.trim() };
  } catch (error) {
    if (!(error instanceof Unsure)) throw error;
    return { kind: 'unsure', reason: error.message };
  }
}

interface Insertion {
  /** Offset in the text. */
  at: number;
  text: string;
}

/** undefined: the package is named already. */
function insertionFor(text: string): Insertion | undefined {
  const tokens = tokensOf(text);
  const open = exportedObject(tokens);
  const list = optionOf(tokens, open);
  const mentions = tokens.filter((token) => token.text === OPTION || plainString(token) === OPTION);
  if (mentions.length > (list === undefined ? 0 : 1)) throw new Unsure(`${OPTION} stands in more than one place`);
  const quote = quoteOf(tokens);
  const name = `${quote}${PACKAGE}${quote}`;
  if (list === undefined) return insertionAfter(text, tokens, open, `${OPTION}: [${name}]`, ' ');
  const named = tokens.some((token) => token.parent === list && plainString(token) === PACKAGE);
  return named ? undefined : insertionAfter(text, tokens, list, name, '');
}

/** Index of the `[` of the option's value; undefined: the object has no such option. */
function optionOf(tokens: Token[], open: number): number | undefined {
  let found: number | undefined;
  let isSpread = false;
  for (let i = open + 1; i < tokens[open]!.pair; i += 1) {
    const token = tokens[i]!;
    const isStart = token.parent === open && (i === open + 1 || (tokens[i - 1]!.text === ',' && token.text !== ','));
    if (!isStart) continue;
    if (token.text === '...') {
      // What is spread behind the option may hold another one, which wins.
      if (found !== undefined) throw new Unsure(SPREAD);
      isSpread = true;
      continue;
    }
    if (token.text === '[') throw new Unsure('the object has a computed name');
    if ((plainString(token) ?? token.text) !== OPTION) continue;
    const value = tokens[i + 2];
    if (tokens[i + 1]!.text !== ':' || value?.text !== '[')
      throw new Unsure(`${OPTION} is not a list that is written out`);
    const after = tokens[value.pair + 1]!;
    if (![',', '}'].includes(after.text)) throw new Unsure(`${OPTION} is not a list that is written out`);
    found = i + 2;
  }
  // What is spread may hold the option: a new one would take its place.
  if (found === undefined && isSpread) throw new Unsure(SPREAD);
  return found;
}

/** Puts `item` first into the brackets that open at the token, in the layout of what is there. */
function insertionAfter(text: string, tokens: Token[], open: number, item: string, pad: string): Insertion {
  const bracket = tokens[open]!;
  const close = tokens[bracket.pair]!;
  const first = open + 1 < bracket.pair ? tokens[open + 1]! : undefined;
  const inside = text.slice(bracket.end, close.start);
  if (!/[\n\r]/.test(inside)) {
    const rest = inside.trim() === '' ? '' : first === undefined ? '' : ',';
    // `{ a: 1 }` has a space already, `{}` and `{a: 1}` have none.
    const tail = rest === '' ? (inside === '' ? pad : '') : /^\s/.test(inside) ? '' : ' ';
    return { at: bracket.end, text: `${pad}${item}${rest}${tail}` };
  }
  const restOfLine = text.slice(bracket.end, endOfLine(text, bracket.end));
  const isSplit = !(first?.newLine === false);
  // Behind a comment on the bracket's own line; before a first entry that stands on it.
  const at =
    isSplit && /^\s*(\/\/.*|\/\*((?!\*\/).)*\*\/\s*)?$/.test(restOfLine)
      ? bracket.end + restOfLine.length
      : bracket.end;
  const indent =
    first?.newLine === true ? indentAt(text, first.start) : `${indentAt(text, bracket.start)}${unitOf(text)}`;
  if (!isSplit) return { at, text: ` ${item},` };
  return { at, text: `${text.includes('\r\n') ? '\r\n' : '\n'}${indent}${item},` };
}

function indentAt(text: string, offset: number): string {
  const line = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  return /^[\t ]*/.exec(text.slice(line, offset))![0];
}

function unitOf(text: string): string {
  return /^\t/m.test(text) ? '\t' : (/^ {2,8}(?=\S)/m.exec(text)?.[0] ?? '  ');
}

/** The kind of quotes that the file uses more. */
function quoteOf(tokens: Token[]): '"' | "'" {
  const strings = tokens.filter((token) => token.kind === 'string');
  const double = strings.filter((token) => token.text.startsWith('"')).length;
  return double > strings.length - double ? '"' : "'";
}
