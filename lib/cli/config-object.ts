/**
 * Finds the object literal that a next.config file exports: directly, by a name, through functions that wrap it
 * (`withX(config)`, `defineConfig({ … })`, `withX(options)(config)`), or as what a function returns. Where more than one
 * answer is possible it throws `Unsure` with the reason.
 */
import { type Token, Unsure } from './tokens.js';

/** An expression: the object that it leads to, and the token that follows it. */
interface Found {
  /** Index of the `{` of the object. */
  open: number;
  after: number;
}

const MOST_STEPS = 20;
const DECLARATIONS = ['const', 'let', 'var'];
/** Words that, at the beginning of a line, go on with the expression before it. */
const CONTINUING = ['in', 'instanceof', 'as', 'satisfies'];
const CONTROL = ['if', 'for', 'while', 'switch', 'catch', 'with'];

export function exportedObject(tokens: Token[]): number {
  return new Search(tokens).exported();
}

class Search {
  readonly #tokens: Token[];
  #steps = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  exported(): number {
    const starts: number[] = [];
    for (const [i, token] of this.#tokens.entries()) {
      if (token.parent !== -1 || this.#text(i - 1) === '.') continue;
      if (token.text === 'export' && ['default', '='].includes(this.#text(i + 1))) starts.push(i + 2);
      const named = token.text === 'module' && this.#text(i + 2) === 'exports' ? i + 3 : -1;
      if (named !== -1 && this.#text(i + 1) === '.' && this.#text(named) === '=') starts.push(named + 1);
    }
    if (starts.length === 0) throw new Unsure('no "export default" and no "module.exports =" was found');
    if (starts.length > 1) throw new Unsure('it exports a configuration in more than one place');
    return this.#resolve(starts[0]!).open;
  }

  /** `at`: first token of an expression. */
  #resolve(at: number): Found {
    this.#steps += 1;
    if (this.#steps > MOST_STEPS) throw new Unsure('it goes through too many names');
    const token = this.#tokens[at];
    if (token === undefined) throw new Unsure('the exported value is missing');
    if (token.text === '{') return { open: at, after: this.#end(token.pair + 1) };
    if (token.text === '(')
      return this.#isArrow(token.pair + 1) ? this.#arrow(token.pair + 1) : this.#inParentheses(at);
    if (token.text === 'async' && this.#text(at + 1) === '(') return this.#arrow(this.#tokens[at + 1]!.pair + 1);
    if (token.text === 'async' && this.#text(at + 1) === 'function') return this.#function(at + 1);
    if (token.text === 'function') return this.#function(at);
    if (token.kind !== 'word') throw new Unsure(`the exported value begins with ${token.text}`);
    if (this.#text(at + 1) === '=>') return this.#arrow(at + 1);
    if (['(', '.'].includes(this.#text(at + 1))) return this.#call(at);
    return { open: this.#named(at), after: this.#end(at + 1) };
  }

  #inParentheses(at: number): Found {
    const { open, after } = this.#resolve(at + 1);
    const close = this.#tokens[at]!.pair;
    if (after !== close) throw new Unsure('the exported value is an expression with more than one part');
    return { open, after: this.#end(close + 1) };
  }

  /** `wrap(config)`, `a.b(config, …)`, `wrap(options)(config)`: the first argument of the last call. */
  #call(at: number): Found {
    let i = at + 1;
    while (this.#text(i) === '.') i += 2;
    const callee = this.#text(i - 1);
    let open = -1;
    while (this.#text(i) === '(') {
      open = i;
      i = this.#tokens[i]!.pair + 1;
    }
    if (open === -1) throw new Unsure(`${this.#text(at)}.${callee} is not written out in this file`);
    const wraps = /^with[A-Z_]|^define\w*Config$/.test(callee);
    if (!wraps && !this.#looksLikeConfig(open + 1)) {
      throw new Unsure(`it is not certain that ${callee}() is given the configuration`);
    }
    const found = this.#resolve(open + 1);
    const whole =
      found.after === this.#tokens[open]!.pair ||
      (this.#text(found.after) === ',' && this.#tokens[found.after]!.parent === open);
    if (!whole) throw new Unsure(`the argument of ${callee}() has more than one part`);
    return { open: found.open, after: this.#end(i) };
  }

  #looksLikeConfig(at: number): boolean {
    if (this.#tokens[at]?.kind !== 'word') return false;
    if (/^(?:next_?)?config$/i.test(this.#text(at))) return true;
    return this.#declarations(at).some((i) => this.#text(i + 2) === ':' && this.#text(i + 3) === 'NextConfig');
  }

  /** The object behind a name. */
  #named(at: number): number {
    const name = this.#text(at);
    const functions = this.#tokens.flatMap((token, i) =>
      token.text === 'function' && this.#text(i + 1) === name && this.#isVisible(i, at) && i + 1 !== at ? [i] : [],
    );
    const declarations = this.#declarations(at);
    if (functions.length + declarations.length === 0) throw new Unsure(`${name} is not declared in this file`);
    if (functions.length + declarations.length > 1) throw new Unsure(`${name} is declared more than once`);
    if (functions.length === 1) return this.#function(functions[0]!).open;
    const [declared] = declarations as [number];
    const changed = this.#tokens.some(
      (token, i) => token.text === name && i !== declared + 1 && this.#text(i + 1) === '=' && this.#text(i - 1) !== '.',
    );
    if (changed) throw new Unsure(`${name} is assigned more than once`);
    let value = declared + 2;
    if (this.#text(value) === ':') {
      const { parent } = this.#tokens[declared]!;
      while (value < this.#tokens.length && !(this.#text(value) === '=' && this.#tokens[value]!.parent === parent)) {
        value += 1;
      }
    }
    if (this.#text(value) !== '=') throw new Unsure(`${name} gets its value somewhere else`);
    return this.#resolve(value + 1).open;
  }

  /** Indices of `const`, `let`, `var` before the name of the token `at`, where it can see them. */
  #declarations(at: number): number[] {
    const name = this.#text(at);
    return this.#tokens.flatMap((token, i) =>
      DECLARATIONS.includes(token.text) && this.#text(i + 1) === name && this.#isVisible(i, at) ? [i] : [],
    );
  }

  #isVisible(declaration: number, from: number): boolean {
    const scope = this.#tokens[declaration]!.parent;
    for (let at = from; at !== -1; at = this.#tokens[at]!.parent) if (this.#tokens[at]!.parent === scope) return true;
    return false;
  }

  #isArrow(at: number): boolean {
    return this.#text(at) === '=>' || (this.#text(at) === ':' && this.#arrowAfterType(at) !== -1);
  }

  /** Index of the `=>` behind a type of the result; -1: there is none. */
  #arrowAfterType(at: number): number {
    const parent = this.#tokens[at]?.parent;
    for (let i = at; i < this.#tokens.length; i += 1) {
      const token = this.#tokens[i]!;
      if (token.parent === parent && token.text === '=>') return i;
      if (token.parent !== parent || [';', '=', ','].includes(token.text)) return -1;
    }
    return -1;
  }

  /** `at`: what follows the parameters. */
  #arrow(at: number): Found {
    const arrow = this.#text(at) === '=>' ? at : this.#arrowAfterType(at);
    if (arrow === -1) throw new Unsure('a function is written in an unusual way');
    if (this.#text(arrow + 1) !== '{') return this.#resolve(arrow + 1);
    return this.#body(arrow + 1);
  }

  #function(at: number): Found {
    let i = at + 1;
    while (i < this.#tokens.length && this.#text(i) !== '(') i += 1;
    let body = (this.#tokens[i]?.pair ?? -1) + 1;
    while (body < this.#tokens.length && this.#text(body) !== '{') body += 1;
    // `: Promise<{ … }>` would have braces, too; then there is no return in what is found, which is told.
    if (this.#text(body) !== '{') throw new Unsure('a function is written in an unusual way');
    return this.#body(body);
  }

  #body(open: number): Found {
    const close = this.#tokens[open]!.pair;
    const returns: number[] = [];
    for (let i = open + 1; i < close; i += 1) {
      if (this.#text(i) !== 'return' || this.#text(i - 1) === '.' || this.#isOfInnerFunction(i, open)) continue;
      if (this.#tokens[i]!.parent !== open) throw new Unsure('the function returns different objects');
      returns.push(i);
    }
    if (returns.length > 1) throw new Unsure('the function returns different objects');
    if (returns.length === 0) throw new Unsure('the function returns nothing that is written out');
    return { open: this.#resolve(returns[0]! + 1).open, after: close + 1 };
  }

  /** Whether a brace between the token and the body belongs to another function. */
  #isOfInnerFunction(at: number, body: number): boolean {
    for (let i = this.#tokens[at]!.parent; i !== body; i = this.#tokens[i]!.parent) {
      if (this.#text(i) !== '{') continue;
      if (this.#text(i - 1) === '=>') return true;
      if (this.#text(i - 1) === ')' && !CONTROL.includes(this.#text(this.#tokens[i - 1]!.pair - 1))) return true;
    }
    return false;
  }

  /** Checks that the expression ends before `at`, maybe after `satisfies X` or `as X`; gives the token that follows. */
  #end(at: number): number {
    let i = at;
    while (['satisfies', 'as'].includes(this.#text(i))) i = this.#endOfType(i + 1);
    const token = this.#tokens[i];
    if (token === undefined || [';', ',', ')', '}'].includes(token.text)) return i;
    if (token.newLine && token.kind === 'word' && !CONTINUING.includes(token.text)) return i;
    throw new Unsure('the exported value is an expression with more than one part');
  }

  /** `NextConfig`, `import('next').NextConfig`, `Partial<NextConfig>`, `const`. */
  #endOfType(at: number): number {
    let i = at;
    if (this.#text(i) === 'import' && this.#text(i + 1) === '(') i = this.#tokens[i + 1]!.pair;
    i += 1;
    while (this.#text(i) === '.') i += 2;
    if (this.#text(i) !== '<') return i;
    for (let depth = 0; i < this.#tokens.length; i += 1) {
      if (this.#text(i) === '<') depth += 1;
      if (this.#text(i) === '>') depth -= 1;
      if (depth === 0) return i + 1;
    }
    return i;
  }

  #text(at: number): string {
    return this.#tokens[at]?.text ?? '';
  }
}
