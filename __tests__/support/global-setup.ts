import { chmodSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** One temporary folder for the whole run, so that nothing stays behind, whatever a test or a library leaves in it. */
export default function setUp(): void {
  const folder = mkdtempSync(join(tmpdir(), "sluice-tests-"));
  // Postgres, which does not run as root, has its data below it.
  chmodSync(folder, 0o755);
  keepLoaderCache(folder);
  process.env["TMPDIR"] = folder;
  // Not the platform.yaml that the project may have committed: tests say for themselves what they want.
  process.env["SLUICE_CONFIG"] = "platform.example.yaml";
}

/** What tsx has made of our sources is kept from run to run, as it is for everybody else; it goes by their contents. */
function keepLoaderCache(folder: string): void {
  const name = `tsx-${userInfo().uid}`;
  const kept = join(tmpdir(), name);
  mkdirSync(kept, { recursive: true });
  symlinkSync(kept, join(folder, name), "dir");
}
