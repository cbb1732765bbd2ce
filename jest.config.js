// Five kinds of tests: `*.test.ts` need nothing but Node; `*.real.test.ts` run against real servers, which
// tests/support/global-setup.ts starts unless TEST_STACK_ENV names a running stack; those of tests/faults break
// something while buyers are at work, and take their time; those of tests/outages take servers away, end processes and
// ask for more than can be done; `*.soak.test.ts` take too long for every run and are part of `make soak`.
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
};

const onServers = {
  globalSetup: '<rootDir>/tests/support/global-setup.ts',
  globalTeardown: '<rootDir>/tests/support/global-teardown.ts',
};

export default {
  maxWorkers: 2,
  // A wait that never ends shall fail; how fast things are is measured by benchmarks, not by this.
  testTimeout: 30_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/tests/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.(real|soak)\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'real',
      ...onServers,
      testMatch: ['<rootDir>/tests/**/*.real.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/tests/faults/', '<rootDir>/tests/outages/'],
    },
    {
      ...shared,
      ...onServers,
      displayName: 'faults',
      testMatch: ['<rootDir>/tests/faults/**/*.real.test.ts'],
    },
    {
      ...shared,
      ...onServers,
      displayName: 'outages',
      testMatch: ['<rootDir>/tests/outages/**/*.real.test.ts'],
    },
    {
      ...shared,
      ...onServers,
      displayName: 'soak',
      testMatch: ['<rootDir>/tests/**/*.soak.test.ts'],
    },
  ],
};
