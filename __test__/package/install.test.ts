// The install script of the published package, as it runs in an application: what it decides, what it tells, what it
// leaves behind. Its cargo is one that does what the test says; everything else is the real thing, from the packed package.

import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/child';
import { until } from '../support/until';
import { json, newFolder, node, ownEnvironment, pack, type Run, run, unpack } from './packaging-support';

const { addonFile, packageName, platformName, thisPlatform } = require('../../tools/install/platform.cjs');

const work = newFolder();
const addon: string = addonFile(thisPlatform());
const here: string = packageName(thisPlatform());
const built = join(ROOT, addon);
const host = /^host: (\S+)$/m.exec(run('rustc', ['-vV']).stdout)![1]!;
let tarball: string;
beforeAll(() => {
  tarball = pack(join(work.path, 'packed'), '--only', 'root')[0]!.file;
});
afterAll(() => work.remove());

let app: App;
let count = 0;
beforeEach(() => {
  count += 1;
  app = new App(join(work.path, `app${count}`));
});

/** An application with kafka4 unpacked, its scripts not run. */
class App {
  readonly package: string;
  readonly bin: string;
  readonly calls: string;

  constructor(readonly path: string) {
    this.package = unpack(tarball, path, 'kafka4');
    this.bin = join(path, 'bin');
    this.calls = join(path, 'cargo-calls');
    mkdirSync(this.bin);
    mkdirSync(join(path, 'home'));
  }

  /** The package with the built addon, as npm would have put it. */
  prebuilt({ version, bytes }: { version?: string; bytes?: number } = {}): void {
    const folder = join(this.path, 'node_modules', here);
    mkdirSync(folder, { recursive: true });
    const manifest = json(join(ROOT, 'npm', platformName(thisPlatform()), 'package.json'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, ...(version ? { version } : {}) }));
    copyFileSync(built, join(folder, addon));
    if (bytes !== undefined) truncateSync(join(folder, addon), bytes);
  }

  /** A cargo that notes its arguments and then runs `script`, in sh; $OUT is the folder for the library. */
  cargo(script: string): void {
    const text = `#!/bin/sh
[ "$1" = --version ] && exit 0
echo "$@" >> ${this.calls}
while [ $# -gt 0 ]; do case "$1" in --target) T=$2;; --target-dir) D=$2;; esac; shift; done
OUT=$D/$T/release; mkdir -p "$OUT"
${script}
`;
    writeFileSync(join(this.bin, 'cargo'), text, { mode: 0o755 });
  }

  environment(changes: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
    const home = join(this.path, 'home');
    // rustup's own cargo is not to be found; rustc is, by RUSTC.
    return ownEnvironment({
      PATH: `${this.bin}:${process.env.PATH}`,
      RUSTC: rustc,
      HOME: home,
      CARGO_HOME: home,
      CI: 'true',
      ...changes,
    });
  }

  install(changes: Record<string, string | undefined> = {}): Run {
    return node(['tools/install/install.cjs'], this.package, this.environment(changes));
  }

  get cargoCalls(): string[] {
    return existsSync(this.calls) ? readFileSync(this.calls, 'utf8').trim().split('\n') : [];
  }

  /** What the script has left in the package, beside what npm unpacked. */
  get left(): string[] {
    return readdirSync(this.package).filter((name) => /target|\.node$/.test(name));
  }
}

const rustc = run('sh', ['-c', 'rustup which rustc 2>/dev/null || command -v rustc']).stdout.trim();
const BUILDS = `printf 'Building [=> ] 1/2: openssl-sys(build)\\r' >&2; cp ${built} "$OUT/libkafka4.so"`;

describe('nothing is to be done', () => {
  test('when the package of the platform is there: no output, no cargo, nothing written', () => {
    app.prebuilt();
    app.cargo('exit 1');
    expect(app.install()).toEqual({ status: 0, stdout: '', stderr: '' });
    expect([app.cargoCalls, app.left]).toEqual([[], []]);
  });

  test('when it was built here before', () => {
    copyFileSync(built, join(app.package, addon));
    app.cargo('exit 1');
    expect(app.install()).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('when the addon is named by the variable that the loader reads', () => {
    app.cargo('exit 1');
    expect(app.install({ NAPI_RS_NATIVE_LIBRARY_PATH: built })).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test.each([
    [{ KAFKA4_SKIP_BUILD: '1' }, 'KAFKA4_SKIP_BUILD is set'],
    [{ npm_config_os: 'darwin', npm_config_cpu: 'arm64' }, 'packages are installed for darwin-arm64'],
    [{ npm_config_libc: 'musl' }, 'packages are installed for linux-'],
  ])('with %j, and that is said', (env, text) => {
    app.cargo('exit 1');
    const { status, stderr } = app.install(env);
    expect(status).toBe(0);
    expect(stderr).toContain(text);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(app.cargoCalls).toEqual([]);
  });
});

describe('it is built from source', () => {
  test('when there is no built one: with progress, into place, and the gigabyte of the build is gone', () => {
    app.cargo(BUILDS);
    const { status, stderr } = app.install();
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toContain(`${here}, which holds the built addon, is not installed. Usual causes: optional packages`);
    expect(stderr).toMatch(/Building the native part of kafka4 \(about \d+ minutes\) …/);
    expect(stderr).toMatch(/Building the native part of kafka4: done in /);
    expect(app.cargoCalls).toEqual([
      `build --release --locked --package kafka4 --target ${host} --target-dir ${join(app.package, 'target')}`,
    ]);
    expect(app.left).toEqual([addon]);
    const program =
      "const k = require('kafka4'); console.log(k.declaredTopics().length, Object.keys(require.cache).find((f) => f.endsWith('.node')))";
    const { stdout } = node(['-e', program], app.path, app.environment());
    expect(stdout.trim()).toBe(`5 ${join(app.package, addon)}`);
  });

  test.each([
    ['is of another version', { version: '0.0.1' }, {}, `${here} is version 0.0.1, and kafka4 is `],
    ['cannot be loaded', { bytes: 100_000 }, {}, `the addon of ${here} cannot be loaded here (`],
    ['is not wanted', {}, { npm_config_build_from_source: 'kafka4' }, 'a build from source is asked for'],
  ])('when the built one %s', (_what, prebuilt, env, text) => {
    app.prebuilt(prebuilt);
    app.cargo(BUILDS);
    const { status, stderr } = app.install(env);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toContain(text);
    expect(app.left).toEqual([addon]);
  });

  test('in the folder of CARGO_TARGET_DIR, from where npm was called, which stays', () => {
    app.cargo(BUILDS);
    const { status } = app.install({ CARGO_TARGET_DIR: 'cache', INIT_CWD: app.path });
    expect(status).toBe(0);
    expect(existsSync(join(app.path, 'cache', host, 'release', 'libkafka4.so'))).toBe(true);
    expect(app.left).toEqual([addon]);
  });
});

describe('it fails, and says why', () => {
  test('without the tools: what is missing and the commands that install it', () => {
    // node, and nothing else.
    const only = join(app.path, 'only-node');
    mkdirSync(only);
    run('ln', ['-s', process.execPath, join(only, 'node')]);
    const { status, stderr } = app.install({ PATH: only, RUSTC: undefined, CC: undefined });
    expect(status).toBe(1);
    for (const text of [
      'Rust (cargo)',
      'a C compiler',
      'make',
      'perl',
      'sudo apt-get install',
      'rustup',
      'KAFKA4_SKIP_BUILD=1',
    ]) {
      expect(stderr).toContain(text);
    }
    expect(stderr).not.toContain('    at ');
    expect(app.left).toEqual([]);
  });

  test('when cargo fails: the end of its output and what helps', () => {
    app.cargo("echo 'error: linking with cc failed' >&2; exit 101");
    const { status, stderr } = app.install();
    expect(status).toBe(1);
    expect(stderr).toContain('ended with code 101');
    expect(stderr).toContain('error: linking with cc failed');
    expect(stderr).toContain('rustup update');
    expect(stderr).not.toContain('    at ');
    expect(app.left).toEqual([]);
  });

  test.each([
    ['that is not there', 'true', /cargo ended well, but did not write /],
    ['that Node cannot load', 'echo broken > "$OUT/libkafka4.so"', /this Node cannot load it: /],
  ])('when cargo ends well with a library %s', (_what, script, text) => {
    app.cargo(script);
    const { status, stderr } = app.install();
    expect(status).toBe(1);
    expect(stderr).toMatch(text);
    expect(app.left).toEqual([]);
  });

  test('npm shows it, and installs nothing', () => {
    writeFileSync(join(app.path, 'package.json'), '{ "name": "app", "version": "1.0.0" }');
    rmSync(join(app.path, 'node_modules'), { recursive: true });
    app.cargo("echo 'error: no space left' >&2; exit 101");
    // Offline, the package of the platform cannot be had, which npm passes over: it is optional.
    const args = ['install', '--offline', '--no-audit', '--no-fund', tarball];
    const { status, stderr } = run('npm', args, app.path, app.environment());
    expect(status).not.toBe(0);
    expect(stderr).toContain('error: no space left');
    expect(existsSync(join(app.path, 'node_modules', 'kafka4'))).toBe(false);
  });
});

test('Ctrl-C ends cargo and takes away what was built so far', async () => {
  const pidFile = join(app.path, 'pid');
  app.cargo(`echo half > "$OUT/half"; echo $$ > ${pidFile}; exec sleep 300`);
  const child: ChildProcess = spawn(process.execPath, ['tools/install/install.cjs'], {
    cwd: app.package,
    env: app.environment(),
    stdio: 'ignore',
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  await until('cargo runs', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').trim() !== '', 60_000);
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  const isAlive = () => run('kill', ['-0', readFileSync(pidFile, 'utf8').trim()]).status === 0;
  await until('cargo has ended', () => !isAlive(), 30_000);
  expect(app.left).toEqual([]);
});
