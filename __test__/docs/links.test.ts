// Links between pages lead somewhere, anchors too, and pictures are there.

import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { anchors, everyPage, type Link, links, type Page, parsePage, ROOT, readPage } from './pages';

const pages = everyPage();
const byPath = new Map(pages.map((page) => [page.path, page]));

/** Undefined where nothing is wrong. */
function problem(page: Page, { target, image }: Link): string | undefined {
  if (/^(https?|mailto):/.test(target)) return URL.canParse(target) ? undefined : `${target} is no address`;
  const [path = '', anchor] = decodeURI(target).split('#');
  const file = path === '' ? page.path : normalize(join(dirname(page.path), path));
  if (file.startsWith('..')) return `${target} leads out of the repository`;
  const itself = file === page.path;
  if (!itself && !existsSync(join(ROOT, file))) return `there is no ${image ? 'picture' : 'file'} ${file}`;
  if (anchor === undefined) return undefined;
  if (!file.endsWith('.md')) return undefined;
  const there = itself ? page : (byPath.get(file) ?? readPage(file));
  return anchors(there).has(anchor) ? undefined : `${file} has no heading #${anchor}`;
}

const problems = (page: Page) =>
  links(page).flatMap((link) => {
    const wrong = problem(page, link);
    return wrong === undefined ? [] : [`${link.at}: ${wrong}`];
  });

describe('links', () => {
  it.each(pages.map((page) => [page.path, page] as const))('of %s', (_, page) => expect(problems(page)).toEqual([]));

  it('would be seen to be wrong', () => {
    const page = parsePage(
      'docs/x.md',
      '# Of `x`, and y\n[a](#of-x-and-y) [b](#nowhere)\n[c](none.md) ![d](none.svg) `[e](code.md)`\n[f](errors.md#codes-of-kafka4)',
    );
    expect(problems(page)).toEqual([
      'docs/x.md:2: docs/x.md has no heading #nowhere',
      'docs/x.md:3: there is no file docs/none.md',
      'docs/x.md:3: there is no picture docs/none.svg',
    ]);
  });

  it('the index of docs leads to every page', () => {
    const index = byPath.get('docs/README.md')!;
    const reached = new Set(links(index).map(({ target }) => target.split('#')[0]));
    const all = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md');
    expect(all.filter((name) => !reached.has(name))).toEqual([]);
  });

  it('every picture says what it shows', () => {
    const bare = pages.flatMap((page) => [...page.prose.matchAll(/!\[\s*\]\(([^)]*)\)/g)].map(([, file]) => file));
    expect(bare).toEqual([]);
  });
});
