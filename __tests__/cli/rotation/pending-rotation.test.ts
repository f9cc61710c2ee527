import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import {
  beginRotation,
  endRotation,
  pendingRotation,
  rotationFile,
  undoRotation,
} from "../../../cli/rotation/pending-rotation";
import { readSecrets, secretFile, writeSecrets } from "../../../cli/secrets/secret-store";
import { temporaryFolder } from "../../support/temporary-folder";

let home: string;

beforeEach(() => {
  home = temporaryFolder();
  writeSecrets(home, { gateway_database_password: "former", kept: "same" });
});

it("keeps the former value, for its owner only, until the new one is in force", () => {
  beginRotation(home, { secret: "gateway_database_password" }, { gateway_database_password: "new" });
  expect(readSecrets(home)).toEqual({ gateway_database_password: "new", kept: "same" });
  for (const file of [rotationFile(home), secretFile(home)]) expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(pendingRotation(home)).toMatchObject({
    secret: "gateway_database_password",
    former: { gateway_database_password: "former" },
  });
  endRotation(home);
  expect(pendingRotation(home)).toBeUndefined();
  expect(readFileSync(secretFile(home), "utf8")).not.toContain("former");
});

it("puts everything back as it was, also what was not there", () => {
  const before = readFileSync(secretFile(home), "utf8");
  const values = { gateway_database_password: "new", gateway_database_password_previous: "former" };
  undoRotation(home, beginRotation(home, { secret: "gateway_database_password" }, values));
  expect(readFileSync(secretFile(home), "utf8")).toBe(before);
  expect(existsSync(rotationFile(home))).toBe(false);
});

it("an empty value removes what is there", () => {
  beginRotation(
    home,
    { secret: "gateway_database_password" },
    { gateway_database_password: "new", kept: "" },
  );
  expect(readSecrets(home)).toEqual({ gateway_database_password: "new" });
});

it("two at a time are refused, and nothing is lost", () => {
  beginRotation(home, { secret: "gateway_database_password" }, { gateway_database_password: "new" });
  expect(() => beginRotation(home, { secret: "kept" }, { kept: "new" })).toThrow(
    "another rotation is in progress",
  );
  expect(readSecrets(home)).toEqual({ gateway_database_password: "new", kept: "same" });
});

it("a damaged file is left as it is: it may hold the only copy", () => {
  writeFileSync(rotationFile(home), "{");
  expect(() => pendingRotation(home)).toThrow(
    /rotation\.json, which holds the former value of a secret, is damaged/,
  );
  expect(readFileSync(rotationFile(home), "utf8")).toBe("{");
});
