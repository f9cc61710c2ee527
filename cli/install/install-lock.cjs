const fs = require("node:fs");
const { join } = require("node:path");

const POLL_MS = 200;
/** The holder of the lock touches it this often; one that was not touched for LOCK_STALE_MS has no holder. */
const LOCK_BEAT_MS = 2000;
const LOCK_STALE_MS = 30000;

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

module.exports = { takeLock };
