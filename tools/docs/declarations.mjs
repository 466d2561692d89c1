// What an entry of the package exports, read from its sources by the compiler: each name with its kind, its comment and
// its declaration as a user sees it (no bodies, no private members, no defaults).

import { SyntaxKind } from 'typescript/unstable/ast';
import * as is from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';

/**
 * @typedef {object} Declaration
 * @property {string} name
 * @property {'function' | 'class' | 'constant' | 'type'} kind
 * @property {string} file     whose source declares it
 * @property {string} comment  without its stars
 * @property {string} code
 * @property {string} [base]   of a class
 * @property {boolean} [empty] a class without members of its own
 * @property {string} [merged] the interface of the same name, which adds to the class
 * @property {boolean} [unnamed] a type that cannot be imported by its name
 */

const ATTEMPTS = 5;

/** Comments that begin so tell colleagues what a member is for, not users. */
const INTERNAL = /^For (?:the |kafka4\/)/;

/**
 * @param {{ root: string, config: string, entry: string }} options  absolute paths
 * @returns {Declaration[]} in the order of the export lists
 */
export function exportedDeclarations(options) {
  for (let attempt = 1; ; attempt++) {
    try {
      return read(options);
    } catch (error) {
      // The compiler gives a request up when it waits for a processor: "context canceled".
      if (attempt === ATTEMPTS || !String(error).includes('context canceled')) throw error;
    }
  }
}

function read({ root, config, entry }) {
  const api = new API({ cwd: root });
  try {
    const snapshot = api.updateSnapshot({ openProjects: [config] });
    const { program } = snapshot.getProjects()[0];
    const source = (file) => {
      const found = program.getSourceFile(file);
      if (!found) throw new Error(`${file} is not part of ${config}`);
      return found;
    };
    return withMentioned(exportsOf(entry, source), source);
  } finally {
    api.close();
  }
}

/** @returns {Declaration[]} */
function exportsOf(file, source) {
  const { text, statements } = source(file);
  return statements.flatMap((statement) => {
    if (is.isExportDeclaration(statement)) {
      if (!statement.moduleSpecifier) throw new Error(`${file}: an export list without a module is not understood`);
      const target = resolved(file, statement.moduleSpecifier.text);
      const all = exportsOf(target, source);
      if (!statement.exportClause) return all;
      return statement.exportClause.elements.map((element) => {
        const name = (element.propertyName ?? element.name).text;
        const found = all.find((one) => one.name === name && (one.kind !== 'type' || !all.some(sameButClass(one))));
        if (!found) throw new Error(`${file}: ${name} is not declared in ${target}`);
        const merged = all.find((one) => one.name === name && one !== found)?.code;
        return { ...found, name: element.name.text, ...(merged ? { merged } : {}) };
      });
    }
    return isExported(statement) ? declared(statement, text, file) : [];
  });
}

/**
 * Together with the types that declarations mention and that have no exported name of their own: who reads a signature
 * wants to know them, too.
 *
 * @param {Declaration[]} declarations
 */
function withMentioned(declarations, source) {
  const all = [...declarations];
  for (const { code, file } of all) {
    const { text, statements } = source(file);
    for (const node of statements) {
      if (!is.isInterfaceDeclaration(node) && !is.isTypeAliasDeclaration(node)) continue;
      const name = node.name.text;
      if (all.some((one) => one.name === name) || !new RegExp(`\\b${name}\\b`).test(code)) continue;
      all.push(...declared(node, text, file).map((one) => ({ ...one, unnamed: true })));
    }
  }
  return all;
}

/** An interface that only gives a class its properties. @param {Declaration} one */
const sameButClass = (one) => (other) => other.name === one.name && other.kind === 'class';

/** The sources name the files that the compiler will write. @param {string} from @param {string} specifier */
function resolved(from, specifier) {
  return new URL(specifier.replace(/\.(m?)js$/, '.$1ts'), `file://${from}`).pathname;
}

const isExported = (node) => Boolean(node.modifiers?.some(({ kind }) => kind === SyntaxKind.ExportKeyword));

/** @returns {Declaration[]} */
function declared(node, text, file) {
  const comment = commentOf(node, text);
  if (is.isFunctionDeclaration(node)) {
    const name = node.name.text;
    return [{ name, kind: 'function', file, comment, code: `function ${name}${signature(node, text, file)};` }];
  }
  if (is.isClassDeclaration(node)) return [classOf(node, text, file, comment)];
  if (is.isInterfaceDeclaration(node) || is.isTypeAliasDeclaration(node)) {
    const code = text
      .slice(node.getStart(), node.end)
      .replace(/^(?:\/\*\*[\s\S]*?\*\/\s*)?(?:export )?(?:declare )?/, '');
    return [{ name: node.name.text, kind: 'type', file, comment, code }];
  }
  if (is.isVariableStatement(node))
    return node.declarationList.declarations.map((one) => {
      const name = one.name.text;
      const type = one.type ? slice(one.type, text) : constantType(one.initializer, text, `${file}: ${name}`);
      return { name, kind: 'constant', file, comment, code: `const ${name}: ${type};` };
    });
  throw new Error(`${file}: an export of a kind that is not understood: ${SyntaxKind[node.kind]}`);
}

/** `Object.freeze({ … } as const)` is told as a readonly object; other constants need a type. */
function constantType(initializer, text, where) {
  const literal = /\{[^{}]*\}/.exec(initializer ? slice(initializer, text) : '');
  if (!literal) throw new Error(`${where} needs a type, so that it can be documented`);
  return literal[0].replace(/(\w+):/g, 'readonly $1:').replaceAll(',', ';');
}

/** @returns {Declaration} */
function classOf(node, text, file, comment) {
  const name = node.name.text;
  const base = node.heritageClauses?.length ? slice(node.heritageClauses[0].types[0], text) : undefined;
  const accessors = new Set();
  const members = node.members.flatMap((member) => {
    const made = memberOf(member, text, file, accessors);
    return made === undefined ? [] : [made];
  });
  // What an interface of the same name adds is told by a line of its own (KafkaConfig).
  const head = `class ${name}${base ? ` extends ${base}` : ''}`;
  const code = members.length > 0 ? `${head} {\n${members.join('\n')}\n}` : `${head} {}`;
  return { name, kind: 'class', file, comment, code, base, empty: members.length === 0 };
}

const HIDDEN = new Set([SyntaxKind.PrivateKeyword, SyntaxKind.ProtectedKeyword, SyntaxKind.StaticKeyword]);

/** A member as users see it; undefined for one that is not for them. */
function memberOf(member, text, file, accessors) {
  if (member.modifiers?.some(({ kind }) => HIDDEN.has(kind))) return undefined;
  const comment = commentOf(member, text);
  if (INTERNAL.test(comment)) return undefined;
  const shown = (code) => `${commentLines(comment)}  ${code}`;
  if (is.isConstructorDeclaration(member)) {
    // Parameters with a default are the tests' and the services' own.
    const given = member.parameters.filter(({ initializer }) => !initializer);
    return shown(`constructor(${given.map((one) => parameter(one, text)).join(', ')});`);
  }
  const written = slice(member.name, text);
  if (written.startsWith('#')) return undefined;
  const name = written === '[asyncDispose]' ? '[Symbol.asyncDispose]' : written;
  if (name.startsWith('[') && name !== '[Symbol.asyncDispose]') return undefined;
  if (is.isMethodDeclaration(member)) return shown(`${name}${signature(member, text, file)};`);
  if (is.isPropertyDeclaration(member)) {
    const readonly = member.modifiers?.some(({ kind }) => kind === SyntaxKind.ReadonlyKeyword) ? 'readonly ' : '';
    return shown(`${readonly}${name}: ${typeOf(member, text, `${file}: ${name}`)};`);
  }
  // A getter and its setter are one property, told once by the getter.
  if (is.isGetAccessorDeclaration(member)) {
    accessors.add(name);
    return shown(`${name}: ${typeOf(member, text, `${file}: ${name}`)};`);
  }
  if (is.isSetAccessorDeclaration(member) && accessors.has(name)) return undefined;
  throw new Error(`${file}: a member of a kind that is not understood: ${name}`);
}

function signature(node, text, file) {
  const types = node.typeParameters ? `<${node.typeParameters.map((one) => slice(one, text)).join(', ')}>` : '';
  const list = node.parameters.map((one) => parameter(one, text)).join(', ');
  return `${types}(${list}): ${typeOf(node, text, `${file}: ${node.name && slice(node.name, text)}`)}`;
}

function parameter(node, text) {
  const optional = node.questionToken || node.initializer ? '?' : '';
  const rest = node.dotDotDotToken ? '...' : '';
  return `${rest}${slice(node.name, text)}${optional}: ${typeOf(node, text, slice(node, text))}`;
}

function typeOf(node, text, where) {
  if (!node.type) throw new Error(`${where} needs a type, so that it can be documented`);
  return slice(node.type, text).replace(/\s+/g, ' ');
}

/** A node's text without what stands before it. */
function slice(node, text) {
  return text.slice(node.pos, node.end).replace(/^(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)+/, '');
}

/** The last comment of documentation before a node, without its stars. */
function commentOf(node, text) {
  const before = text.slice(node.pos, node.end);
  const lead = /^(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)*/.exec(before)?.[0] ?? '';
  const last = [...lead.matchAll(/\/\*\*([\s\S]*?)\*\//g)].pop();
  if (!last) return '';
  return last[1]
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

function commentLines(comment) {
  if (comment === '') return '';
  const lines = comment.split('\n');
  if (lines.length === 1) return `  /** ${lines[0]} */\n`;
  return `  /**\n${lines.map((line) => `   * ${line}`.trimEnd()).join('\n')}\n   */\n`;
}
