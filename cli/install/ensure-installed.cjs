const { spawn } = require("node:child_process");
const fs = require("node:fs");
const { join } = require("node:path");
const { takeLock } = require("./install-lock.cjs");
const { needsInstall } = require("./needs-install.cjs");
const { forwardSignals } = require("./run-node.cjs");

/** Ends of npm's output shown when it fails, in characters. */
const SHOWN_OUTPUT = 4000;

/** Installs `set` unless it is there. Two processes never install at once. */
async function ensureInstalled(root, set) {
  if (!needsInstall(root, set)) return;
  const release = await takeLock(join(root, ".sluice"), "install.lock");
  try {
    if (!needsInstall(root, set)) return;
    const first = !fs.existsSync(join(root, "node_modules"));
    const why = first ? `first run, about ${set === "all" ? 30 : 20} s` : "missing or changed ones";
    const start = Date.now();
    process.stderr.write(`installing dependencies (${why})…\n`);
    const { code, interrupted, output } = await runNpm(root, set);
    if (interrupted) {
      throw new Error("installing the dependencies was interrupted; the next run starts it over");
    }
    if (code !== 0) {
      throw new Error(
        `${output.slice(-SHOWN_OUTPUT)}\nnpm could not install the dependencies (exit code ${code}), see above.\n` +
          "  → check the network and the registry (npm ping; npm config get registry), then run the same command again",
      );
    }
    process.stderr.write(`✓ dependencies installed, ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
    needsInstall(root, set); // writes the marker
  } finally {
    release();
  }
}

/** Runs `npm ci` quietly. An outer npm must not talk it out of dev dependencies, so they are named. */
function runNpm(root, set) {
  const args = ["ci", set === "all" ? "--include=dev" : "--omit=dev", "--no-progress", "--loglevel=error"];
  const outer = process.env.npm_execpath;
  const [file, before, shell] =
    outer && /npm-cli\.c?js$/.test(outer)
      ? [process.execPath, [outer], false]
      : ["npm", [], process.platform === "win32"];
  return new Promise((done) => {
    const child = spawn(file, [...before, ...args], { cwd: root, shell, stdio: ["ignore", "pipe", "pipe"] });
    let interrupted = false;
    const stopForwarding = forwardSignals(child, () => {
      interrupted = true;
    });
    let output = "";
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => done({ code: 127, output: `${file}: ${error.message}` }));
    child.on("close", (code) => {
      stopForwarding();
      done({ code, interrupted, output });
    });
  });
}

module.exports = { ensureInstalled };
