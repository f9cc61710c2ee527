import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ensureSecrets, readSecrets, secretFile } from "../../../cli/secrets/secret-store";
import { SECRETS } from "../../../constructs/secret-catalog";
import { temporaryFolder } from "../../support/temporary-folder";

const newHome = () => join(temporaryFolder(), ".sluice");
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("ensureSecrets", () => {
  it("makes every secret once, in a file that only its owner can read", () => {
    const home = newHome();
    const first = ensureSecrets(home, [], {});
    expect(first.generated).toEqual(Object.keys(SECRETS));
    expect([mode(home), mode(secretFile(home))]).toEqual(["700", "600"]);
    const values = readSecrets(home);
    expect(new Set(Object.values(values)).size).toBe(Object.keys(SECRETS).length);
    for (const value of Object.values(values)) expect(value).toMatch(/^(sk-)?[A-Za-z0-9_-]{43}$/);
    expect(values["gateway_master_key"]).toMatch(/^sk-/);

    const text = readFileSync(secretFile(home), "utf8");
    expect(ensureSecrets(home, [], {})).toMatchObject({ generated: [], taken: [] });
    expect(readFileSync(secretFile(home), "utf8")).toBe(text);
    expect(readdirSync(home)).toEqual(["secrets.tfvars.json"]);
  });

  it("adds a new service's secret without touching the others", () => {
    const home = newHome();
    mkdirSync(home);
    writeFileSync(
      secretFile(home),
      JSON.stringify({ gateway_database_password: "kept", of_a_removed_service: "kept too" }),
      { mode: 0o644 },
    );
    const { generated } = ensureSecrets(home, [], {});
    expect(generated).not.toContain("gateway_database_password");
    expect(readSecrets(home)).toMatchObject({
      gateway_database_password: "kept",
      of_a_removed_service: "kept too",
    });
    expect(mode(secretFile(home))).toBe("600");
  });

  it.each([
    ["lets a group go on passing, as the database of a running local platform must", 0o710, "710"],
    ["closes a folder that others may look into", 0o755, "700"],
  ])("%s", (_what, before, after) => {
    const home = newHome();
    mkdirSync(home);
    chmodSync(home, before);
    expect(ensureSecrets(home, [], {}).generated).not.toEqual([]);
    expect(mode(home)).toBe(after);
  });

  it("takes credentials over from the environment, and keeps them when a later shell lacks them", () => {
    const home = newHome();
    expect(ensureSecrets(home, ["ANTHROPIC_API_KEY"], { ANTHROPIC_API_KEY: "one" }).taken).toEqual([
      "ANTHROPIC_API_KEY",
    ]);
    expect(ensureSecrets(home, ["ANTHROPIC_API_KEY"], {}).taken).toEqual([]);
    expect(readSecrets(home)["anthropic_api_key"]).toBe("one");
    ensureSecrets(home, ["ANTHROPIC_API_KEY"], { ANTHROPIC_API_KEY: "two" });
    expect(readSecrets(home)["anthropic_api_key"]).toBe("two");
  });

  it.each(["{ not json", "[1]", '{"gateway_database_password": 1}'])(
    "leaves a broken file (%s) as it is",
    (text) => {
      const home = newHome();
      mkdirSync(home);
      writeFileSync(secretFile(home), text);
      expect(() => ensureSecrets(home, [], {})).toThrow(/left as it is[\s\S]*restore it from your backup/);
      expect(readFileSync(secretFile(home), "utf8")).toBe(text);
    },
  );

  it("is read without being changed, not even its mode", () => {
    const home = newHome();
    mkdirSync(home);
    writeFileSync(secretFile(home), '{"gateway_database_password": "kept"}', { mode: 0o644 });
    expect(readSecrets(home)).toEqual({ gateway_database_password: "kept" });
    expect(mode(secretFile(home))).toBe("644");
  });

  it("leaves nothing half-written when the folder cannot be made", () => {
    const blocked = join(temporaryFolder(), "file");
    writeFileSync(blocked, "");
    expect(() => ensureSecrets(join(blocked, ".sluice"), [], {})).toThrow();
    expect(existsSync(secretFile(join(blocked, ".sluice")))).toBe(false);
  });
});
