// Five projects: what runs on the embedded broker, what needs a real Apache Kafka (*.broker.test.ts), of that the specs
// that run on kafkajs and on kafka4 alike (__test__/kafkajs), the package as users install it (__test__/package), and the example in a real browser (__test__/browser).
// __test__/house/spec-files.test.ts proves that every spec file belongs to exactly one of them.

const swc = {
  jsc: { target: 'es2022', parser: { syntax: 'typescript' }, keepClassNames: true },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
  swcrc: false,
};

const common = {
  rootDir: __dirname,
  roots: ['<rootDir>/__test__'],
  testEnvironment: 'node',
  // The tools under test are .mjs. Without --experimental-vm-modules jest loads them as CommonJS, so they
  // are compiled to it like the specs.
  transform: { '^.+\\.(ts|mjs)$': ['@swc/jest', swc] },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: {
    '^@/(.*)$': '<rootDir>/$1',
    // The sources name the files that tsc will write.
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};

const onBroker = {
  setupFilesAfterEnv: ['<rootDir>/tools/test/broker-timeout.cjs'],
  globalSetup: '<rootDir>/tools/test/broker-setup.cjs',
  globalTeardown: '<rootDir>/tools/test/broker-teardown.cjs',
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/__test__/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.broker\\.test\\.ts$', '/__test__/(package|browser)/'],
    },
    {
      ...common,
      displayName: 'broker',
      testMatch: ['<rootDir>/__test__/**/*.broker.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '/__test__/kafkajs/'],
      ...onBroker,
    },
    {
      ...common,
      displayName: 'kafkajs',
      testMatch: ['<rootDir>/__test__/kafkajs/**/*.broker.test.ts'],
      ...onBroker,
    },
    {
      ...common,
      displayName: 'package',
      testMatch: ['<rootDir>/__test__/package/**/*.test.ts'],
      setupFilesAfterEnv: ['<rootDir>/tools/test/apps-timeout.cjs'],
    },
    {
      ...common,
      displayName: 'browser',
      testMatch: ['<rootDir>/__test__/browser/**/*.test.ts'],
      setupFilesAfterEnv: ['<rootDir>/tools/test/apps-timeout.cjs'],
    },
  ],
  testTimeout: 30_000,
  // In a worker even when there is only one: a crash in native code then fails its spec file and is told as
  // that, in place of taking the whole run and its report away.
  workerIdleMemoryLimit: '2GB',
  // What keeps a worker alive is told (tools/test/jest.mjs); on a busy machine jest's half second is no sign of it.
  workerGracefulExitTimeout: 10_000,
  // A daemon that would outlive the run.
  watchman: false,
};
