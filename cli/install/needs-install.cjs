const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { join } = require("node:path");

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

module.exports = { coveredSet, needsInstall };
