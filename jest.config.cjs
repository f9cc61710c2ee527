const { availableParallelism } = require("node:os");

/** Everything that needs no Docker: unit, construct, contract and plan tests. */
module.exports = {
  testEnvironment: "<rootDir>/__tests__/support/environment.ts",
  roots: ["<rootDir>/__tests__"],
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/__tests__/(acceptance|faults)/"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  globalSetup: "<rootDir>/__tests__/support/global-setup.ts",
  globalTeardown: "<rootDir>/__tests__/support/global-teardown.ts",
  setupFilesAfterEnv: ["<rootDir>/__tests__/support/equality-testers.ts"],
  // Also on two cores, where one worker would be the default: tests with Postgres and other processes wait for them.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // A worker whose heap has grown over many files is slow, and slow to end: another one takes its place.
  workerIdleMemoryLimit: "400MB",
  testTimeout: 30_000,
};
