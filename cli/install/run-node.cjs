const { spawn } = require("node:child_process");
const os = require("node:os");

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

/** Runs Node with `args` in the foreground, in the folder `cwd`. @returns its exit code; as in a shell, 128 + n after signal n */
function runNode(args, cwd) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd, stdio: "inherit" });
    const stopForwarding = forwardSignals(child);
    child.on("error", fail);
    child.on("close", (code, signal) => {
      stopForwarding();
      done(signal ? 128 + os.constants.signals[signal] : code);
    });
  });
}

module.exports = { forwardSignals, runNode };
