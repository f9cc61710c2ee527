import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDirectory } from "../../../../../services/gateway/adapters/journal/open-directory";
import { temporaryFolder } from "../../../../support/temporary-folder";

test("makes the directory for its owner alone, and takes one that is there", () => {
  const path = join(temporaryFolder(), "a", "journal");
  openDirectory(path);
  openDirectory(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test("says which variable, path and remedy when there cannot be one", () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  expect(() => openDirectory(join(file, "journal"))).toThrow(
    `JOURNAL_DIRECTORY: ${file}/journal cannot be written (ENOTDIR); give the gateway's user a directory`,
  );
});
