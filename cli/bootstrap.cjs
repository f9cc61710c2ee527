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

const { spawn } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const { join, resolve } = require("node:path");

const ROOT = resolve(__dirname, "..");
const POLL_MS = 200;
/** The holder of the lock touches it this often; one that was not touched for LOCK_STALE_MS has no holder. */
const LOCK_BEAT_MS = 2000;
const LOCK_STALE_MS = 30000;
/** Ends of npm's output shown when it fails, in characters. */
const SHOWN_OUTPUT = 4000;

const CHECKS = [
  ["biome (format and lint)", ["node_modules/@biomejs/biome/bin/biome", "check", "."]],
  ["tsc (types)", ["node_modules/typescript/bin/tsc", "-p", "."]],
  ["knip (unused code and dependencies)", ["node_modules/knip/bin/knip.js"]],
  ["schema in step", ["--import", "tsx", "tools/generate-schema.ts", "--check"]],
  ["bindings in step", ["--import", "tsx", "tools/generate-bindings.ts", "--check"]],
];

/** Is `version`, such as `20.19.0`, at least OLDEST_NODE? */
function isNodeNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/**
 * Which of our two sets of dependencies npm's record of what it installed covers.
 * @param lock package-lock.json
 * @param hidden node_modules/.package-lock.json, which npm writes at the end of every install
 * @returns "all", "runtime" or "none"
 */
function coveredSet(lock, hidden, machine = { os: process.platform, cpu: process.arch }) {
  let set = "all";
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (!path.startsWith("node_modules/") || wanted.link) continue;
    if ((wanted.optional || wanted.devOptional) && !isForMachine(wanted, machine)) continue;
    const found = hidden.packages[path];
    if (found !== undefined && found.version === wanted.version) continue;
    if (!wanted.dev && !wanted.devOptional) return "none";
    set = "runtime";
  }
  return set;
}

/** Optional packages with an `os` and `cpu` are binaries; those of this machine are needed. `libc` cannot be told here. */
function isForMachine(wanted, machine) {
  if (!wanted.os || !wanted.cpu || wanted.libc) return false;
  return wanted.os.includes(machine.os) && wanted.cpu.includes(machine.cpu);
}

/**
 * Must `set` be installed in `root`? Answers from a small marker when nothing changed since it was
 * written, else compares the lock files: an install made by hand counts as well.
 */
function needsInstall(root, set) {
  const lockFile = join(root, "package-lock.json");
  const hiddenFile = join(root, "node_modules/.package-lock.json");
  const markerFile = join(root, "node_modules/.sluice-install.json");
  const stamp = installStamp(lockFile, hiddenFile);
  if (stamp === undefined) return true;
  let covered;
  try {
    const marker = JSON.parse(fs.readFileSync(markerFile, "utf8"));
    if (marker.stamp === stamp) covered = marker.set;
  } catch {}
  if (covered === undefined) {
    covered = coveredSet(
      JSON.parse(fs.readFileSync(lockFile, "utf8")),
      JSON.parse(fs.readFileSync(hiddenFile, "utf8")),
    );
    if (covered !== "none") writeMarker(markerFile, { stamp, set: covered });
  }
  return covered !== "all" && covered !== set;
}

/** Changes with the lock file, with every run of npm, and with the machine; undefined when nothing is installed. */
function installStamp(lockFile, hiddenFile) {
  try {
    const { mtimeMs, size } = fs.statSync(hiddenFile);
    return createHash("sha256")
      .update(fs.readFileSync(lockFile))
      .update([mtimeMs, size, process.platform, process.arch].join())
      .digest("hex");
  } catch {
    return undefined;
  }
}

function writeMarker(file, marker) {
  try {
    fs.writeFileSync(`${file}.${process.pid}`, JSON.stringify(marker));
    fs.renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A read-only checkout: the comparison is then made each time.
  }
}

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

/** Takes `<folder>/<name>`, waiting for a living holder, and returns how to give it back. */
async function takeLock(folder, name) {
  const lock = join(folder, name);
  const owner = join(lock, "pid");
  for (let said = false; ; await new Promise((done) => setTimeout(done, POLL_MS))) {
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      fs.mkdirSync(lock);
      break;
    } catch (error) {
      // ENOENT: whoever gave it back has just removed the folder, too.
      if (error.code !== "EEXIST" && error.code !== "ENOENT") throw error;
    }
    const holder = readHolder(lock, owner);
    if (holder === undefined) continue;
    if (holder.isStale) {
      // Only one waiter can rename it; whoever finds that it moved a newer lock puts that back.
      const aside = `${lock}.${process.pid}`;
      try {
        fs.renameSync(lock, aside);
        const moved = readHolder(aside, join(aside, "pid"));
        if (moved && !moved.isStale) fs.renameSync(aside, lock);
        else fs.rmSync(aside, { recursive: true });
      } catch {}
    } else if (!said) {
      said = true;
      process.stderr.write(`another install is running (process ${holder.pid}), waiting for it…\n`);
    }
  }
  fs.writeFileSync(owner, String(process.pid));
  const beat = setInterval(() => fs.utimes(lock, new Date(), new Date(), () => {}), LOCK_BEAT_MS);
  return () => {
    clearInterval(beat);
    fs.rmSync(lock, { recursive: true, force: true });
    try {
      fs.rmdirSync(folder);
    } catch {
      // It holds other things.
    }
  };
}

/** Who holds the lock; undefined when it is gone. A holder has no pid yet in its first moment. */
function readHolder(lock, owner) {
  try {
    const age = Date.now() - fs.statSync(lock).mtimeMs;
    const pid = fs.existsSync(owner) ? Number(fs.readFileSync(owner, "utf8")) : 0;
    return { pid, isStale: age > LOCK_STALE_MS || (pid > 0 && !isAlive(pid)) };
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** While `child` runs, it decides what a signal means. Returns how to end that. */
function forwardSignals(child, onSignal = () => {}) {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const forward = (signal) => {
    onSignal();
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}

/** Runs Node with `args` in the foreground. @returns its exit code; as in a shell, 128 + n after signal n */
function runNode(args) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
    const stopForwarding = forwardSignals(child);
    child.on("error", fail);
    child.on("close", (code, signal) => {
      stopForwarding();
      done(signal ? 128 + os.constants.signals[signal] : code);
    });
  });
}

async function runTests([kind, ...args]) {
  if (kind === "jest") return runNode(["node_modules/jest/bin/jest.js", ...args]);
  if (kind === "acceptance") {
    return runNode(["node_modules/jest/bin/jest.js", "--config", "jest.acceptance.config.cjs", ...args]);
  }
  if (kind === "check") return runChecks();
  throw new Error(`--tests got "${kind}"; it takes: jest, acceptance, check`);
}

async function runChecks() {
  for (const [name, args] of CHECKS) {
    process.stdout.write(`── ${name}\n`);
    const code = await runNode(args);
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

module.exports = { coveredSet, isNodeNewEnough, needsInstall, takeLock };

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
