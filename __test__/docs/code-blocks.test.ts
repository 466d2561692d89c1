// Every block of code of the README and of docs/ does what it says: it type-checks, runs, parses, or names commands and
// files that exist.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { type Block, documentation, parsePage, ROOT, readPage } from './pages';
import { isChecked, typeErrors } from './type-check';

const RUN_MS = 60_000;
/** Languages whose blocks are checked here, and those that nothing can be said about. */
const KNOWN = ['ts', 'tsx', 'js', 'jsx', 'mjs', 'cjs', 'json', 'yaml', 'sh', 'text'];
const UNCHECKED = ['dockerfile', 'http', 'promql', 'sql', 'diff', 'ini'];

const pages = documentation();
const blocks = pages.flatMap((page) => page.blocks);
const of = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));
const named = (list: Block[]) => list.map((block) => [block.at, block] as const);
const { scripts, bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

it('every block names its language', () => {
  const strange = blocks.filter(({ language }) => ![...KNOWN, ...UNCHECKED].includes(language));
  expect(strange.map(({ at, language }) => `${at}: ${language || 'none'}`)).toEqual([]);
});

describe('types', () => {
  const checked = blocks.filter(isChecked);
  let errors: Map<string, string[]>;
  beforeAll(async () => {
    errors = await typeErrors(checked, readPage('docs/reference.md').text);
  }, 120_000);

  it.each(named(checked))('%s', (at) => expect(errors.get(at) ?? []).toEqual([]));

  it('an application may import its own modules, frameworks and this package', async () => {
    const page = parsePage(
      'app.md',
      [
        "```ts\nimport type { NextConfig } from 'next';\nexport default { output: 'standalone' } satisfies NextConfig;\n```",
        "```tsx\n'use client';\nimport { useState } from 'react';\nimport { room } from './room';\nexport default function Page() {\n  const [text] = useState(room);\n  return <p>{text}</p>;\n}\n```",
        "```ts\nimport { checkKafkaHealth } from '@/lib/kafka';\nexport const GET = async () => Response.json({ ok: await checkKafkaHealth() });\n```",
        "```js\nconst { kafkaConfig } = require('kafka4');\nkafkaConfig.logLevel = 4;\n```",
        "```ts\nimport { expect, test } from 'vitest';\ntest('x', async () => {\n  expect(await checkKafkaHealth()).toBe(true);\n});\n```",
      ].join('\n\n'),
    );
    const found = await typeErrors(page.blocks, readPage('docs/reference.md').text);
    expect(Object.fromEntries(found)).toEqual({});
  }, 120_000);

  it('would be seen to be wrong', async () => {
    const wrong = [
      "```ts\nawait kafkaProducerService.publishUserEvent('user.registered');\n```",
      '```js\nkafkaConsumerService.startConsumers();\n```',
      "```ts\nimport { kafkaProducer } from 'kafka4';\n```",
      '<!-- given: declare const id: number; -->\n\n```ts\nawait kafkaConsumerService.startConsumer(id);\n```',
      '<!-- given: declare function known(): void; -->\n\n```js\nknown();\nstrange();\n```',
    ].flatMap((text, index) => parsePage(`wrong-${index}.md`, text).blocks);
    const found = await typeErrors(wrong, readPage('docs/reference.md').text);
    expect(wrong.map(({ at }) => found.get(at)?.length)).toEqual([1, 1, 1, 1, 1]);
    expect(found.get('wrong-3.md:3')).toEqual([expect.stringMatching(/^wrong-3\.md:4: Argument of type 'number'/)]);
    expect(found.get('wrong-4.md:3')).toEqual([expect.stringMatching(/^wrong-4\.md:5: Cannot find name 'strange'/)]);
  }, 120_000);
});

/** As a reader would: in the clone, on an embedded broker. */
function execute(code: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const clean = Object.entries(process.env).filter(([name]) => !/^(KAFKA_|NODE_|JEST_|CI$)/.test(name));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: ROOT,
      env: { ...Object.fromEntries(clean), KAFKA_BROKER: 'embedded' },
      timeout: RUN_MS,
    });
    const ended = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk) => (ended.stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk) => (ended.stderr += chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ code: status, ...ended }));
  });
}

/** Blanks at the ends of lines cannot be seen. */
const trimmed = (text: string) => text.replace(/[ \t]+$/gm, '').trim();

/** A text in which … stands for anything, also for nothing. */
function pattern(text: string): RegExp {
  const parts = trimmed(text).split('…');
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[\\s\\S]*?')}$`);
}

describe('running', () => {
  const runnable = blocks.filter(({ run }) => run);

  it('there is something to run, and nothing but JavaScript', () => {
    expect(runnable.length).toBeGreaterThan(5);
    expect(runnable.filter(({ language }) => language !== 'js').map(({ at }) => at)).toEqual([]);
  });

  it.each(named(runnable))(
    '%s',
    async (_, block) => {
      const next = blocks[blocks.indexOf(block) + 1];
      const { code, stdout, stderr } = await execute(block.text);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      if (next?.output && next.page === block.page) expect(trimmed(stdout)).toMatch(pattern(next.text));
    },
    RUN_MS + 5_000,
  );

  it('every output follows a block that runs', () => {
    const strays = blocks.filter(({ output, page }, index) => {
      const before = blocks[index - 1];
      return output && !(before?.run && before.page === page);
    });
    expect(strays.map(({ at }) => at)).toEqual([]);
  });
});

describe('data', () => {
  it.each(named(of('json')))('%s is JSON', (_, { text }) => expect(() => JSON.parse(text)).not.toThrow());
  it.each(named(of('yaml')))('%s is YAML', (_, { text }) => {
    const documents = parseAllDocuments(text);
    expect(Array.isArray(documents) ? documents.flatMap(({ errors }) => errors) : []).toEqual([]);
  });
});

/** What is wrong with the commands of a block. */
function strangeCommands({ text, page }: Block): string[] {
  const saved = new Set(blocks.filter((one) => one.page === page).map(({ file }) => file));
  const commands = text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .flatMap((line) => line.split(/\s*(?:&&|\|\||;|\|)\s*/))
    // Where the package is installed its files lie elsewhere.
    .map((line) => line.replaceAll('node_modules/kafka4/', ''))
    // Settings before a command, and what a prompt looks like.
    .map((line) => line.replace(/^\$ /, '').replace(/^(?:[A-Z][A-Z0-9_]*=\S*\s+)+/, ''));
  return commands.flatMap((command) => {
    const words = command.split(/\s+/);
    const wrong: string[] = [];
    const script = /^npm (?:run|run-script)(?: --silent| -s)* ([\w:.-]+)/.exec(command)?.[1];
    if (script !== undefined && !(script in scripts)) wrong.push(`there is no script ${script}`);
    if (words[0] === 'npx' && words.find((word, index) => index > 0 && !word.startsWith('-')) === 'kafka4' && !bin)
      wrong.push('the package has no command');
    if (words[0] === 'node') {
      const file = words.slice(1).find((word) => !word.startsWith('-'));
      const evaluated = words.some((word) => /^(-e|-p|--eval|--print|-)$/.test(word));
      if (file && !evaluated && !saved.has(file) && !existsSync(join(ROOT, file)))
        wrong.push(`there is no file ${file}`);
    }
    for (const word of words)
      if (/^(?:\.\/)?(?:tools|docs|bench|lib|core|src|__test__)\/[\w./-]+$/.test(word) && !existsSync(join(ROOT, word)))
        if (!wrong.some((one) => one.endsWith(word))) wrong.push(`there is no file ${word}`);
    return wrong;
  });
}

describe('commands', () => {
  it.each(named(of('sh')))('%s', (_, block) => expect(strangeCommands(block)).toEqual([]));

  it('would be seen to be wrong', () => {
    const [block] = parsePage(
      'wrong.md',
      '```sh\nA=1 npm run nothing && node tools/no.mjs --x\nnpm run build # yes\n```',
    ).blocks;
    expect(strangeCommands(block!)).toEqual(['there is no script nothing', 'there is no file tools/no.mjs']);
  });
});
