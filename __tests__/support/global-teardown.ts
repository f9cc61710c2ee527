import { rmSync } from "node:fs";

/** Removes the folder that `global-setup.ts` made. */
export default function tearDown(): void {
  const folder = process.env["TMPDIR"];
  if (folder?.includes("sluice-tests-")) rmSync(folder, { recursive: true, force: true });
}
