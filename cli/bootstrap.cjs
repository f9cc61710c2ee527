#!/usr/bin/env node
/**
 * The way in from a fresh checkout: installs what is missing, then runs the command. Needs Node alone.
 *
 *   node cli/bootstrap.cjs <sluice command…>             with the runtime dependencies
 *   node cli/bootstrap.cjs --tests jest|acceptance|check [arguments of jest…]   with all of them
 *
 * Old Node versions must be able to parse this file, so that they get told: no `?.`, no `??`.
 */
const OLDEST_NODE = [20, 19];
if (require.main === module && !isNodeNewEnough(process.versions.node)) {
  console.error(
    `Sluice needs Node ${OLDEST_NODE.join(".")} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      "  → install the current LTS from https://nodejs.org, or run: nvm install --lts",
  );
  process.exit(1);
}

const { resolve } = require("node:path");
const { ensureInstalled } = require("./install/ensure-installed.cjs");
const { runNode } = require("./install/run-node.cjs");

const ROOT = resolve(__dirname, "..");

const CHECKS = [
  ["biome (format and lint)", ["node_modules/@biomejs/biome/bin/biome", "check", "."]],
  ["tsc (types)", ["node_modules/typescript/bin/tsc", "-p", "."]],
  ["knip (unused code and dependencies)", ["node_modules/knip/bin/knip.js"]],
  ["schema in step", ["--import", "tsx", "tools/generate-schema.ts", "--check"]],
  [
    "configuration reference in step",
    ["--import", "tsx", "tools/generate-configuration-reference.ts", "--check"],
  ],
  ["bindings in step", ["--import", "tsx", "tools/generate-bindings.ts", "--check"]],
  ["string scanner in step", ["--import", "tsx", "tools/generate-scanner.ts", "--check"]],
];

/** Is `version`, such as `20.19.0`, at least OLDEST_NODE? */
function isNodeNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

async function runTests([kind, ...args]) {
  if (kind === "jest") return runNode(["node_modules/jest/bin/jest.js", ...args], ROOT);
  if (kind === "acceptance") {
    return runNode(
      ["node_modules/jest/bin/jest.js", "--config", "jest.acceptance.config.cjs", ...args],
      ROOT,
    );
  }
  if (kind === "check") return runChecks();
  throw new Error(`--tests got "${kind}"; it takes: jest, acceptance, check`);
}

async function runChecks() {
  for (const [name, args] of CHECKS) {
    process.stdout.write(`── ${name}\n`);
    const code = await runNode(args, ROOT);
    if (code !== 0) {
      process.stderr.write(`✗ ${name} failed (exit code ${code})\n`);
      return code;
    }
  }
  process.stdout.write(`✓ ${CHECKS.length} checks passed\n`);
  return 0;
}

async function bootstrap(args) {
  const isTests = args[0] === "--tests";
  await ensureInstalled(ROOT, isTests ? "all" : "runtime");
  if (isTests) return runTests(args.slice(1));
  // In this very process: no second Node to start, and nobody has to pass signals on.
  require("tsx/cjs");
  return require("./main.ts").main(args);
}

module.exports = { isNodeNewEnough };

if (require.main === module) {
  bootstrap(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
