// What must be in a package, and what must not. An empty package packs as well as a full one.

const PLATFORM = [/^package\.json$/, /^README\.md$/, /^LICENSE$/];

/** Needed at run time, for the types, and to build from source. */
const REQUIRED = [
  'package.json',
  'README.md',
  'LICENSE',
  'index.js',
  'index.d.ts',
  'dist/index.js',
  'dist/index.mjs',
  'dist/index.d.ts',
  'dist/index.d.mts',
  'dist/unsupported/index.js',
  'dist/unsupported/index.mjs',
  'dist/kafka/native.js',
  'Cargo.toml',
  'Cargo.lock',
  'build.rs',
  '.cargo/config.toml',
  'src/lib.rs',
  'core/Cargo.toml',
  'core/src/lib.rs',
  'tools/librdkafka/package-lock.json',
  'tools/librdkafka/pkg-config.mjs',
  'tools/install/install.cjs',
  'tools/install/build.mjs',
];

const FORBIDDEN = [
  [/(^|\/)__test__\/|\.test\.[cm]?[jt]s$|_tests\.rs$|(^|\/)core\/(tests|fuzz)\//, 'a test'],
  [/(^|\/)node_modules\/|(^|\/)target\//, 'something that was built or installed here'],
  [/\.node$/, 'an addon, which belongs to the package of its platform'],
  [/(^|\/)\.env$|\.pem$|\.key$|(^|\/)\.npmrc$/, 'what may hold a secret'],
  [/\.(log|tgz|orig|rej)$/, 'a left-over'],
];

/** @param {string[]} files @param {any} manifest @returns {string[]} complaints */
export function checkRoot(files, manifest) {
  const has = new Set(files);
  const wanted = new Set([...REQUIRED, ...filesOf(manifest.exports), ...filesOf(manifest.bin)]);
  return [
    ...[...wanted].filter((file) => !has.has(file)).map((file) => `${file} is missing`),
    ...files.flatMap((file) =>
      FORBIDDEN.filter(([pattern]) => pattern.test(file)).map(([, what]) => `${file} is ${what}`),
    ),
  ];
}

/** @param {string[]} files @param {string} addon @returns {string[]} complaints */
export function checkPlatform(files, addon) {
  return [
    ...['package.json', 'README.md', addon].filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...files
      .filter((file) => file !== addon && !PLATFORM.some((pattern) => pattern.test(file)))
      .map((file) => `${file} does not belong there`),
  ];
}

/** Every file that `exports` or `bin` leads to; patterns aside. */
function filesOf(value) {
  if (typeof value === 'string') return value.includes('*') ? [] : [value.replace(/^\.\//, '')];
  return Object.values(value ?? {}).flatMap(filesOf);
}
