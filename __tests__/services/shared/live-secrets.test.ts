import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ConfigError } from "../../../services/shared/config-error";
import { FileWatch } from "../../../services/shared/file-watch";
import { LiveSecrets } from "../../../services/shared/live-secrets";
import { createLogger } from "../../../services/shared/logger";
import type { Environment } from "../../../services/shared/secret-files";
import { eventually } from "../../support/services/eventually";
import { temporaryFolder } from "../../support/temporary-folder";

let folder: string;
let directory: string;
let secrets: LiveSecrets;
let watch: FileWatch;
let accepted: Environment[];
let changed: (readonly string[])[];
let log: string[];
let deliveries = 0;

/** Puts a whole directory in the place of the present one, as a delivery does. */
function deliver(files: Readonly<Record<string, string>>): void {
  deliveries += 1;
  const name = `content-${deliveries}`;
  mkdirSync(join(folder, name, "secrets"), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, "secrets", file), text);
  symlinkSync(name, join(folder, "next"));
  renameSync(join(folder, "next"), join(folder, "current"));
}

const edit = (file: string, text: string) => writeFileSync(join(directory, file), text);

function start(times: { pollMs?: number; settleMs?: number } = {}): void {
  secrets = new LiveSecrets({ SECRETS_DIRECTORY: directory, FIXED: "of the environment" });
  secrets.start({
    logger: createLogger({
      name: "test",
      level: "info",
      destination: { write: (line) => void log.push(line) },
    }),
    accept: (variables) => {
      if (variables["KEY"] === "refused") throw new ConfigError(["KEY: must be something else"]);
      accepted.push(variables);
    },
    onChanged: (names) => void changed.push(names),
  });
  // Its directory is not watched: a delivery changes what leads to it.
  watch = new FileWatch({ directories: [], files: [secrets], pollMs: 10, settleMs: 10, ...times });
  watch.start();
}

beforeEach(() => {
  folder = temporaryFolder();
  directory = join(folder, "current", "secrets");
  [accepted, changed, log] = [[], [], []];
  deliver({ KEY: "first-value", OTHER: "stays" });
});
afterEach(() => {
  watch?.stop();
  secrets.stop();
});

it("puts a delivery in force as a whole, and says which, but not what", async () => {
  start();
  expect(secrets.variables).toMatchObject({ KEY: "first-value", OTHER: "stays" });
  deliver({ KEY: "second-value", ADDED: "added-value", FIXED: "of the file", OTHER: "stays" });
  await eventually(() => changed.length > 0);
  expect(changed).toEqual([["ADDED", "KEY"]]);
  expect(secrets.variables).toMatchObject({ KEY: "second-value", FIXED: "of the environment" });
  deliver({ KEY: "second-value" });
  await eventually(() => changed.length > 1);
  expect(changed[1]).toEqual(["ADDED", "OTHER"]);
  expect(secrets.variables["ADDED"]).toBeUndefined();
  expect(log.join("")).toContain('"names":["ADDED","KEY"]');
  expect(log.join("")).not.toMatch(/-value/);
});

it("notices a delivery within two seconds", async () => {
  start({ pollMs: undefined, settleMs: undefined } as never);
  deliver({ KEY: "second-value" });
  await eventually(() => secrets.variables["KEY"] === "second-value", 2000);
});

it("takes a file that is written in its place once it does not change any more", async () => {
  start({ settleMs: 150 });
  edit("KEY", "hal");
  await wait(60);
  edit("KEY", "half");
  await wait(100);
  edit("KEY", "half-no-more\n");
  await eventually(() => accepted.length > 0);
  expect(accepted.map(({ KEY }) => KEY)).toEqual(["half-no-more"]);
});

it("keeps the former ones when new ones are refused, says so once, and takes the next", async () => {
  start();
  deliver({ KEY: "refused" });
  await eventually(() => secrets.state.failures === 1);
  await wait(50);
  expect(secrets.variables["KEY"]).toBe("first-value");
  expect(secrets.state).toMatchObject({ isInForce: false, failures: 1 });
  expect(log.filter((line) => line.includes("secrets rejected"))).toHaveLength(1);
  expect(log.join("")).toContain("KEY: must be something else");
  deliver({ KEY: "first-value", OTHER: "stays" });
  await eventually(() => secrets.state.isInForce);
  expect(changed).toEqual([]);
});

it("keeps the former ones when a file cannot be used, or all are gone", async () => {
  start();
  deliver({ KEY: "two\nlines-of-it" });
  await eventually(() => secrets.state.failures === 1);
  rmSync(join(folder, "current"));
  await eventually(() => secrets.state.failures === 2);
  expect(secrets.variables["KEY"]).toBe("first-value");
  expect(log.join("")).toMatch(/KEY: the file .*\/current\/secrets\/KEY has more than one line/);
  expect(log.join("")).toMatch(/SECRETS_DIRECTORY: .*\/current\/secrets cannot be read \(ENOENT\)/);
  expect(log.join("")).not.toContain("lines-of-it");
  deliver({ KEY: "third-value" });
  await eventually(() => secrets.variables["KEY"] === "third-value");
});

it("a look that somebody asks for takes a delivery at once and leaves telling to who asked", () => {
  start({ pollMs: 3_600_000 });
  deliver({ KEY: "second-value", OTHER: "stays" });
  expect(secrets.refresh()).toEqual(["KEY"]);
  expect(changed).toEqual([]);
  deliver({ KEY: "third-value", OTHER: "stays" });
  secrets.look();
  expect(changed).toEqual([["KEY"]]);
});

it("is the environment alone without a directory", () => {
  secrets = new LiveSecrets({ KEY: "1" });
  expect(secrets.variables).toEqual({ KEY: "1" });
  expect(secrets.refresh()).toEqual([]);
});
