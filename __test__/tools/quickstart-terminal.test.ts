// What the quickstart and kafka:test leave on real (pseudo-)terminals of many sizes: nothing torn, nothing twice,
// nothing wider than the window, colours and characters only where they are wanted.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Tool, toolArguments, toolEnvironment } from './tool-process';

const WITHIN = 60_000;
const COLOUR = /\u001b\[3\dm/;
const STEPS = ['Connect, create topics', 'Events of every kind', 'Receive and verify', 'Clean up'];
const CHECKS = ['Connectivity', 'Consumer', 'Transaction, aborted', 'Cluster information'];

let tools: any;
let server: Server;
let KAFKA_BROKER: string;
beforeAll(async () => {
  // Not literals: the tools are plain JavaScript, for which the compiler has no types.
  const [capture, screen] = ['capture', 'screen'].map((name) => `../../tools/docs/${name}.mjs`);
  tools = { ...(await import(capture!)), ...(await import(screen!)) };
  server = createServer((socket) => socket.destroy());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  KAFKA_BROKER = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise<void>((done) => void server.close(() => done())));

interface Seen {
  code: number;
  output: string;
  screen: any;
  lines: string[];
}

async function see(
  tool: Tool,
  { columns = 80, rows = 24, env = {}, flags = [] as string[], stdoutTo = undefined as string | undefined },
): Promise<Seen> {
  const broker: Record<string, string> = tool === 'kafka-test' ? { KAFKA_BROKER } : {};
  const { output, code } = await tools.capture([process.execPath, ...toolArguments(tool, flags)], {
    columns,
    rows,
    stdoutTo,
    env: toolEnvironment({ TERM: 'xterm-256color', ...broker, ...env }),
  });
  const screen = new tools.Screen(columns, rows);
  screen.write(output);
  return { code, output, screen, lines: screen.text.split('\n') };
}

const times = (lines: string[], text: string) => lines.filter((line) => line.includes(text)).length;

describe.each([
  ['quickstart', STEPS],
  ['kafka-test', CHECKS],
] as const)('%s on a terminal', (tool, names) => {
  it.each([
    [40, 24],
    [60, 12],
    [80, 24],
    [120, 50],
    [200, 60],
  ])(
    'of %i columns and %i rows shows each part once and stays within the window',
    async (columns, rows) => {
      const { code, output, screen, lines } = await see(tool, { columns, rows });
      expect(code).toBe(0);
      // It did draw while it ran, and has given the cursor back.
      expect(output).toMatch(/\u001b\[\d+A/);
      expect(screen.cursorShown).toBe(true);
      // A frame that was not taken away, or that scrolled, would show them twice.
      for (const name of names) expect([name, times(lines, name)]).toEqual([name, 1]);
      // A line that the terminal had to break would leave its rest in the next one.
      const boxed = lines.filter((line) => line.includes('│'));
      expect(boxed.length).toBeGreaterThan(0);
      for (const line of boxed) expect(line).toMatch(/^│.*│$/);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.min(columns, 120));
    },
    WITHIN,
  );

  it(
    'has no colours with NO_COLOR, and draws all the same',
    async () => {
      const { output, lines } = await see(tool, { env: { NO_COLOR: '1' } });
      expect(output).not.toMatch(COLOUR);
      expect(output).toMatch(/\u001b\[\d+A/);
      expect(times(lines, names[0]!)).toBe(1);
    },
    WITHIN,
  );

  it.each([
    ['TERM=dumb', { TERM: 'dumb' }, false],
    ['CI', { CI: 'true' }, true],
  ])(
    'writes plain lines and never moves the cursor with %s',
    async (_, env, colours) => {
      const { code, output, lines } = await see(tool, { env });
      expect(code).toBe(0);
      expect(output).not.toMatch(/\u001b\[[^m]*[A-Zhl]/);
      expect(COLOUR.test(output)).toBe(colours);
      for (const name of names) expect(times(lines, name)).toBe(1);
    },
    WITHIN,
  );

  it(
    'keeps to ASCII in a locale without UTF-8',
    async () => {
      const { output } = await see(tool, { env: { LC_ALL: 'C' } });
      expect(output).not.toMatch(/[^\x00-\x7f]/);
      expect(output).toMatch(/^\S*\+-/m);
    },
    WITHIN,
  );

  it(
    'draws on standard error with --json, whose document goes to a file alone',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kafka4-json-'));
      try {
        const stdoutTo = join(folder, 'report.json');
        const { code, output, lines } = await see(tool, { flags: ['--json'], stdoutTo });
        expect(code).toBe(0);
        expect(JSON.parse(readFileSync(stdoutTo, 'utf8'))).toMatchObject({ ok: true });
        expect(output).toMatch(/\u001b\[\d+A/);
        for (const name of names) expect(times(lines, name)).toBeLessThanOrEqual(1);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    WITHIN,
  );
});
