// The pages of documentation, taken apart: blocks of code with what stands in comments before them, headings, links.
//
// A comment directly before a block, which GitHub does not show, says how it is checked (docs/README.md tells writers):
//   <!-- run -->             js: runs on an embedded broker and must end with exit code 0
//   <!-- output -->          text: what the block before prints; … stands for anything
//   <!-- given: … -->        declarations that the block's surroundings would give it
//   <!-- file: name -->      the file that the reader saves it as

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '..', '..');

export interface Block {
  /** Page and line of the opening fence, for messages: `docs/start.md:12`. */
  at: string;
  page: string;
  line: number;
  language: string;
  text: string;
  run: boolean;
  output: boolean;
  given: string;
  file: string | undefined;
}

export interface Page {
  /** Relative to the root. */
  path: string;
  text: string;
  /** The text with blocks of code emptied, line by line. */
  prose: string;
  blocks: Block[];
}

const FENCE = /^(\s*)(`{3,})\s*(\S*)\s*$/;

/** The comments that end directly above a line. */
function commentsAbove(lines: string[], index: number): string {
  let above = lines.slice(0, index).join('\n').trimEnd();
  const found: string[] = [];
  for (
    let match = /<!--((?:(?!-->)[\s\S])*)-->$/.exec(above);
    match;
    match = /<!--((?:(?!-->)[\s\S])*)-->$/.exec(above)
  ) {
    found.unshift(match[1]!.trim());
    above = above.slice(0, match.index).trimEnd();
  }
  return found.join('\n\0');
}

function directive(comments: string, name: string): string | undefined {
  const found = comments.split('\0').find((one) => one.startsWith(name));
  return found === undefined ? undefined : found.slice(name.length).replace(/^:/, '').trim();
}

export function parsePage(path: string, text: string): Page {
  const lines = text.split('\n');
  const prose = [...lines];
  const blocks: Block[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const opening = FENCE.exec(lines[index]!);
    if (!opening) continue;
    const [, indent = '', fence = '```', language = ''] = opening;
    let end = index + 1;
    while (end < lines.length && lines[end]!.trim() !== fence) end += 1;
    if (end === lines.length) throw new Error(`${path}:${index + 1}: a block of code without an end`);
    const comments = commentsAbove(lines, index);
    blocks.push({
      at: `${path}:${index + 1}`,
      page: path,
      line: index + 1,
      language,
      text: lines
        .slice(index + 1, end)
        .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
        .join('\n'),
      run: directive(comments, 'run') === '',
      output: directive(comments, 'output') === '',
      given: directive(comments, 'given') ?? '',
      file: directive(comments, 'file'),
    });
    for (let line = index; line <= end; line += 1) prose[line] = '';
    index = end;
  }
  return { path, text, prose: prose.join('\n').replace(/<!--[\s\S]*?-->/g, blank), blocks };
}

/** Keeps line numbers. */
const blank = (text: string): string => text.replace(/[^\n]/g, '');

export function readPage(path: string): Page {
  return parsePage(path, readFileSync(join(ROOT, path), 'utf8'));
}

/** The README and every page of docs. */
export function documentation(): Page[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => `docs/${name}`)].map(readPage);
}

/** All that link to one another. */
export function everyPage(): Page[] {
  const others = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
  return [...documentation(), ...others.filter((name) => existsSync(join(ROOT, name))).map(readPage)];
}

/** The anchors that GitHub gives the headings of a page. */
export function anchors(page: Page): Set<string> {
  const found = new Set<string>();
  for (const [, heading] of page.prose.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const words = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/ /g, '-');
    let name = slug;
    for (let number = 1; found.has(name); number += 1) name = `${slug}-${number}`;
    found.add(name);
  }
  for (const [, id] of page.prose.matchAll(/<a (?:id|name)="([^"]+)"/g)) found.add(id!);
  return found;
}

export interface Link {
  at: string;
  target: string;
  image: boolean;
}

export function links(page: Page): Link[] {
  const text = page.prose.replace(/`[^`\n]*`/g, blankCode);
  const found: Link[] = [];
  const add = (index: number, target: string, image: boolean) =>
    found.push({ at: `${page.path}:${text.slice(0, index).split('\n').length}`, target, image });
  for (const match of text.matchAll(/(!?)\[(?:[^[\]]|\[[^\]]*\])*\]\(([^()\s]+(?:\([^()\s]*\))?)(?:\s+"[^"]*")?\)/g)) {
    add(match.index, match[2]!, match[1] === '!');
    // An image that is a link.
    for (const inner of match[0].matchAll(/!\[[^\]]*\]\(([^()\s]+)\)/g))
      if (match[1] !== '!') add(match.index, inner[1]!, true);
  }
  for (const match of text.matchAll(/<img\b[^>]*\bsrc="([^"]+)"/g)) add(match.index, match[1]!, true);
  return found;
}

/** Of the same length, so that places stay what they are. */
const blankCode = (code: string): string => '\u00b7'.repeat(code.length);
