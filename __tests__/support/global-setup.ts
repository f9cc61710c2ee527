import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One temporary folder for the whole run, so that nothing stays behind, whatever a test or a library leaves in it. */
export default function setUp(): void {
  const folder = mkdtempSync(join(tmpdir(), "sluice-tests-"));
  // Postgres, which does not run as root, has its data below it.
  chmodSync(folder, 0o755);
  process.env["TMPDIR"] = folder;
}
