// The command line: options, exit codes, JSON, and what a terminal shows.

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from '@/lib/cli/arguments';
import { main } from '@/lib/cli/index';
import { initReport } from '@/lib/cli/init-report';
import { screenOf, wrap } from '@/lib/cli/terminal';
import { plainEnvironment } from '../support/child';
import { thrown } from '../support/until';
import { filesOf, init, makeApp, nextApp, ROOT } from './apps';

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const told = { stdout: '', stderr: '' };
  const write = (to: 'stdout' | 'stderr') => (text: string) => {
    told[to] += text;
  };
  const code = await main(args, { stdout: write('stdout'), stderr: write('stderr') });
  return { code, ...told };
}

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

describe('what is asked for', () => {
  test.each([[[]], [['--help']], [['-h']], [['help']]])('%j prints the commands', async (args) => {
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/kafka4 init[\s\S]*kafka4 doctor[\s\S]*--help/);
  });

  test.each(['init', 'doctor'])('%s --help prints its options and does nothing else', async (name) => {
    const { code, stdout } = await run(name, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`kafka4 ${name}`);
    expect(stdout).toContain('--json');
  });

  test.each([[['--version']], [['-v']], [['init', '--version']]])('%j prints the version', async (args) => {
    expect(await run(...args)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('help fits into 120 characters', async () => {
    for (const args of [['--help'], ['init', '--help'], ['doctor', '--help']]) {
      const { stdout } = await run(...args);
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    }
  });
});

test.each([
  [['inti'], 'ERR_KAFKA_CLI_UNKNOWN_COMMAND', '"inti"'],
  [['constructor'], 'ERR_KAFKA_CLI_UNKNOWN_COMMAND', '"constructor"'],
  [['init', '--froce'], 'ERR_KAFKA_CLI_UNKNOWN_OPTION', '--froce'],
  [['init', '-x'], 'ERR_KAFKA_CLI_UNKNOWN_OPTION', '-x'],
  [['doctor', '--force'], 'ERR_KAFKA_CLI_UNKNOWN_OPTION', '--force'],
  [['init', '--json=yes'], 'ERR_KAFKA_CLI_ARGUMENT', '--json'],
  [['init', 'a', 'b'], 'ERR_KAFKA_CLI_ARGUMENT', '"b"'],
  [['doctor', 'x'], 'ERR_KAFKA_CLI_ARGUMENT', '"x"'],
  [['init', ''], 'ERR_KAFKA_CLI_ARGUMENT', 'empty'],
  [['--dry-run'], 'ERR_KAFKA_CLI_NO_COMMAND', 'kafka4 init --dry-run'],
])('%j is refused with exit code 2', async (args, code, part) => {
  expect(thrown(() => readArguments(args))).toMatchObject({
    code,
    exitCode: 2,
    message: expect.stringContaining(part),
  });
  const told = await run(...args);
  expect(told).toMatchObject({ code: 2, stdout: '' });
  expect(told.stderr).toContain(code);
  expect(told.stderr).toContain('--help');
});

test.each([
  [['init'], { folder: '.', dryRun: false, force: false, json: false }],
  [['init', 'apps/web', '--dry-run', '--json'], { folder: 'apps/web', dryRun: true, json: true }],
  [['--force', 'init'], { command: 'init', force: true }],
  [['init', '-n', '-f'], { dryRun: true, force: true }],
  [['init', '--', '--odd'], { folder: '--odd' }],
])('%j is understood', (args, expected) => {
  expect(readArguments(args)).toMatchObject(expected);
});

describe('--json', () => {
  test('init tells everything, and neither texts of files nor colours', async () => {
    const root = makeApp(nextApp());
    const { code, stdout } = await run('init', root, '--json');
    const told = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(told).toMatchObject({ ok: true, changed: true, dryRun: false, kafkaImport: '@/lib/kafka', exitCode: 0 });
    expect(told.app).toMatchObject({ root, next: true, nextMajor: 16, typescript: true, packageManager: 'npm' });
    for (const file of told.files) expect(Object.keys(file).sort().join()).toMatch(/^(lines,)?(note,)?path,status$/);
  });

  test('what is left by hand is not ok', async () => {
    const root = makeApp(nextApp({ 'instrumentation.ts': 'export {};\n' }));
    const { code, stdout } = await run('init', root, '--json');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, exitCode: 3 });
  });

  test('errors are JSON, too', async () => {
    const { code, stdout, stderr } = await run('init', makeApp({}), '--json');
    expect([code, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, exitCode: 1, error: { code: 'ERR_KAFKA_INIT_NO_APP' } });
  });
});

describe('the report', () => {
  test('names each file with what became of it, and the next steps', () => {
    const root = makeApp(nextApp());
    const text = initReport(init(root), { width: 80, colours: false });
    expect(text).toContain(`Next.js 16, TypeScript in ${root}`);
    expect(text).toMatch(/created +lib\/kafka\/index\.ts\n/);
    expect(text).toMatch(/edited +next\.config\.ts\n +\+ serverExternalPackages: \["kafka4"\],\n/);
    expect(text).toMatch(/Done\.\n\nNext:\n {2}KAFKA_BROKER=embedded npm run dev/);
  });

  test('without an alias it names the folder in place of an import that fits one file only', () => {
    const text = initReport(init(makeApp(nextApp({ 'tsconfig.json': '{}' }))), { width: 110, colours: false });
    expect(text).toContain('from a relative path to lib/kafka');
  });

  test('a second one says that nothing is to be done, and repeats no steps', () => {
    const root = makeApp(nextApp());
    init(root);
    const text = initReport(init(root), { width: 80, colours: false });
    expect(text).toContain('Nothing to do: everything is there.');
    expect(text).not.toContain('Next:');
  });

  test('a dry run is told as one', () => {
    const text = initReport(init(makeApp(nextApp()), { dryRun: true }), { width: 80, colours: false });
    expect(text).toMatch(/would create +lib/);
    expect(text).toContain('Nothing was written');
  });

  test.each([40, 60, 80, 110])('no line of its own text is wider than %d', (width) => {
    const files = nextApp({ 'instrumentation.ts': 'export {};\n', 'compose.yaml': 'services: {}\n' });
    const lines = initReport(init(makeApp(files), { dryRun: true }), { width, colours: false }).split('\n');
    // Code and single words that are longer stay whole.
    const prose = lines.filter((line) => /\s\S+\s+\S+\s+\S+/.test(line) && !/^\s+(?:\+|if|const|await|\})/.test(line));
    expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  test('colours are for terminals that want them', () => {
    const result = init(makeApp(nextApp()));
    expect(initReport(result, screenOf({ isTTY: true, columns: 80 }, {}))).toContain('\u001b[32m');
    for (const screen of [
      screenOf({ isTTY: false }, {}),
      screenOf({ isTTY: true, columns: 80 }, { NO_COLOR: '1' }),
      screenOf({ isTTY: true, columns: 80 }, { TERM: 'dumb' }),
    ]) {
      expect(initReport(result, screen)).not.toContain('\u001b');
    }
  });

  test.each([
    ['a bb ccc', 4, 0, 'a bb\nccc'],
    ['a bb ccc', 6, 2, 'a bb\n  ccc'],
    ['/a/long/path here', 6, 0, '/a/long/path\nhere'],
    ['', 10, 0, ''],
  ])('%j at %d with indent %d', (text, width, indent, expected) => {
    expect(wrap(text, width, indent)).toBe(expected);
  });
});

const PROGRAM = join('dist', 'cli', 'index.js');

/** The program as npm links it, in a process of its own. */
function program(args: string[], { from = ROOT, ...options }: { from?: string; cwd?: string; uid?: number } = {}) {
  const env = plainEnvironment();
  return spawnSync(process.execPath, [join(from, PROGRAM), ...args], { ...options, encoding: 'utf8', env });
}

/** A copy of what `init` needs, where everybody may read it. */
function readableProgram(): string {
  const folder = makeApp({});
  for (const path of ['dist/cli', 'package.json', 'compose.yaml', '.env.example']) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  chmodSync(folder, 0o755);
  return folder;
}

describe('the built program', () => {
  test('begins with what makes it one', () => {
    expect(readFileSync(join(ROOT, PROGRAM), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test('exits with the code, and writes without colours into a pipe', () => {
    const root = makeApp(nextApp());
    const first = program(['init'], { cwd: root });
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toContain('created');
    expect(first.stdout).not.toContain('\u001b');
    expect(program(['init', '--froce'], { cwd: root }).status).toBe(2);
  });

  test('a folder that is not writable is told, and nothing is left in it', () => {
    const root = makeApp(nextApp());
    const before = filesOf(root);
    // Root may write everywhere: it becomes somebody else. Anybody else takes the right away.
    const isRoot = process.getuid?.() === 0;
    chmodSync(root, 0o555);
    const told = program(['init', root, '--json'], { from: readableProgram(), ...(isRoot ? { uid: 65534 } : {}) });
    chmodSync(root, 0o755);
    expect(told.status).toBe(1);
    expect(JSON.parse(told.stdout).error).toMatchObject({ code: 'ERR_KAFKA_INIT_NOT_WRITABLE' });
    expect(told.stdout).toContain('nothing was changed');
    expect(filesOf(root)).toEqual(before);
  });
});
