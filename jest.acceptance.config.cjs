// What `npm test` only runs a part of is run as a whole.
process.env.RULES_FULL ??= "1";
process.env.START_FULL ??= "1";

/** The applied suite: a real Terraform core and docker provider, a real engine, real containers, real faults. One file after the other. */
module.exports = {
  ...require("./jest.config.cjs"),
  testMatch: [
    "**/__tests__/{acceptance,faults,plan}/**/*.test.ts",
    "**/__tests__/contracts/enforcement/*.test.ts",
    "**/__tests__/cli/commands/start.test.ts",
  ],
  testPathIgnorePatterns: ["/node_modules/"],
  globalSetup: "<rootDir>/__tests__/acceptance/global-setup.ts",
  globalTeardown: "<rootDir>/__tests__/acceptance/global-teardown.ts",
  maxWorkers: 1,
  testTimeout: 300_000,
};
