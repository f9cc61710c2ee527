/** The applied suite: a real Terraform core and docker provider, a real engine, real containers, real faults. One file after the other. */
module.exports = {
  ...require("./jest.config.cjs"),
  roots: ["<rootDir>/__tests__/acceptance", "<rootDir>/__tests__/faults", "<rootDir>/__tests__/plan"],
  testPathIgnorePatterns: ["/node_modules/"],
  globalSetup: "<rootDir>/__tests__/acceptance/global-setup.ts",
  globalTeardown: "<rootDir>/__tests__/acceptance/global-teardown.ts",
  maxWorkers: 1,
  testTimeout: 300_000,
};
