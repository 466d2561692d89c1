// Compiles librdkafka to a static library, against the OpenSSL, curl and codecs that cargo has just built
// from source for rdkafka-sys: nothing of the system's is linked.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { repair } from './repairs.mjs';
import { revision } from './revision.mjs';

/** What librdkafka must have been built with; each is a line of its generated config.h. */
const FEATURES = {
  WITH_SSL: 'TLS',
  WITH_CURL: 'an HTTP client',
  WITH_OAUTHBEARER_OIDC: 'OAUTHBEARER by OIDC',
  WITH_SASL_SCRAM: 'SASL SCRAM',
  WITH_SASL_OAUTHBEARER: 'SASL OAUTHBEARER',
  WITH_ZLIB: 'gzip',
  WITH_ZSTD: 'zstd',
  WITH_LZ4_EXT: 'lz4',
  WITH_SNAPPY: 'snappy',
};

const FLAGS = [
  '--enable-ssl',
  '--enable-curl',
  '--enable-zstd',
  '--enable-lz4-ext',
  '--disable-gssapi',
  '--disable-syslog',
];

/**
 * @param {object} what
 * @param {string} what.sources
 * @param {string} what.out      where it is built; what is there of the same revision is used again
 * @param {NodeJS.ProcessEnv} what.env  of rdkafka-sys's build script: DEP_OPENSSL_ROOT and its like
 * @returns {Promise<string>} the folder with librdkafka.a
 */
export async function compile({ sources, out, env }) {
  const library = join(out, 'src');
  const stamp = join(out, 'kafka4.stamp');
  const { CFLAGS = '', KAFKA4_LIBRDKAFKA_CC: compiler = '' } = env;
  const key = JSON.stringify({ revision: revision(), roots: roots(env), CFLAGS, compiler });
  const archive = join(library, 'librdkafka.a');
  if (existsSync(archive) && existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return library;

  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  // Its build writes beside the sources.
  cpSync(sources, out, { recursive: true, filter: (from) => !/[\\/](tests|win32|src-cpp)$/.test(from) });
  mkdirSync(join(out, 'src-cpp'));
  await repair(out);
  const settings = { ...env, ...compilerFlags(env) };
  run('./configure', FLAGS, out, settings);
  refuseMissing(readFileSync(join(out, 'config.h'), 'utf8'));
  // Not with cargo's job server, whose file descriptors do not come through to here: make would then take one at a time.
  const make = ['-C', 'src', `-j${cpus().length}`, 'librdkafka.a'];
  // A compiler with options of its own, for the sanitizers (tools/leaks/sanitize-addon.mjs).
  if (env.KAFKA4_LIBRDKAFKA_CC) make.push(`CC=${env.KAFKA4_LIBRDKAFKA_CC}`);
  run('make', make, out, { ...settings, MAKEFLAGS: '' });
  writeFileSync(stamp, key);
  return library;
}

/** The folders that cargo tells the build script of rdkafka-sys about, since it depends on these crates. */
function roots(env) {
  const of = (name) => {
    const root = env[`DEP_${name}_ROOT`];
    if (!root) throw new Error(`DEP_${name}_ROOT is not set: this runs for the build script of rdkafka-sys only`);
    return root;
  };
  return { openssl: of('OPENSSL'), curl: of('CURL'), z: of('Z'), zstd: of('ZSTD'), lz4: of('LZ4') };
}

function compilerFlags(env) {
  const { openssl, curl, z, zstd, lz4 } = roots(env);
  const includes = [openssl, curl, z, zstd, lz4].map((root) => `-I${join(root, 'include')}`);
  const libraries = [join(openssl, 'lib'), join(curl, 'build'), join(z, 'lib'), zstd, lz4];
  return {
    CFLAGS: [env.CFLAGS ?? '', '-DCURL_STATICLIB', ...includes].join(' ').trim(),
    LDFLAGS: [env.LDFLAGS ?? '', ...libraries.map((folder) => `-L${folder}`)].join(' ').trim(),
  };
}

/** configure leaves out in silence what it cannot link. */
function refuseMissing(config) {
  const missing = Object.entries(FEATURES).filter(([name]) => !new RegExp(`^#define ${name} 1$`, 'm').test(config));
  if (missing.length === 0) return;
  throw new Error(`librdkafka was configured without ${missing.map(([, what]) => what).join(', ')}: see config.log`);
}

/** What it prints goes to stderr, which cargo shows when the build fails; stdout is for the answer. */
function run(command, args, cwd, env) {
  const { status, error, signal } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 2, 2] });
  if (error) throw new Error(`${command} could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${signal ?? `code ${status}`}`);
}
