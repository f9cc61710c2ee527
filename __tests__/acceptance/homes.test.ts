import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { POSTGRES } from "../../constructs/services/postgres";
import { AppliedPlatform } from "../support/applied/applied-platform";
import { containersOf, docker, inspect } from "../support/applied/docker";
import { PROJECT } from "../support/source-files";

/**
 * Two platforms on one machine, each with a home of its own, and what must never happen to one: that it is taken for the
 * other, loses its secrets or its data, or that a command which only looks leaves a trace. The steps build on each other.
 */
let first: AppliedPlatform;
let second: AppliedPlatform;

beforeAll(async () => {
  [first, second] = await Promise.all([
    AppliedPlatform.create({ ANTHROPIC_API_KEY: "planted-key-1" }, "home"),
    AppliedPlatform.create({ ANTHROPIC_API_KEY: "planted-key-2" }, "mate"),
  ]);
  for (const platform of [first, second]) platform.configure();
});

const renamed = () => second.name.replace("mate", "kept");

afterAll(() => {
  for (const platform of [first, second]) platform.remove();
  second.remove(renamed());
});

const volumesOf = (name: string) =>
  docker("volume", "ls", "--format", "{{.Name}}")
    .split("\n")
    .filter((volume) => volume.startsWith(`${name}-`))
    .sort();
const DATA = ["gateway-journal", "postgres-data"];
const dataOf = (name: string) => DATA.map((volume) => `${name}-${volume}`);
const ids = (name: string) => containersOf(name).map((container) => inspect(container).Id);
const sql = (name: string, statement: string) =>
  docker("exec", `${name}-postgres`, "psql", "-U", "postgres", "-d", "gateway", "-Atc", statement).trim();
const configOf = (platform: AppliedPlatform) => join(platform.home, "platform.yaml");
const renameTo = (name: string) =>
  writeFileSync(
    configOf(second),
    readFileSync(configOf(second), "utf8").replace(/^name: .*$/m, `name: ${name}`),
  );

/** Every file of a home but those of its output folder: mode, time and content. */
function snapshot(home: string): Record<string, string> {
  if (!existsSync(home)) return {};
  const files = readdirSync(home, { recursive: true, encoding: "utf8" }).filter(
    (name) => !name.startsWith("cdktf.out"),
  );
  return Object.fromEntries(
    files.map((name) => {
      const { mode, mtimeMs } = statSync(join(home, name));
      const content = statSync(join(home, name)).isFile() ? readFileSync(join(home, name)) : "";
      return [
        name,
        `${(mode & 0o777).toString(8)} ${mtimeMs} ${createHash("sha256").update(content).digest("hex")}`,
      ];
    }),
  );
}

describe("before anything is deployed", () => {
  it("a diff plans with placeholders, says so, and leaves no secret", () => {
    const { exitCode, output } = first.npmRun("diff");
    expect(output).toMatch(/placeholders for .*postgres_superuser_password/);
    expect(output).toContain("ANTHROPIC_API_KEY of the environment, which deploy will store");
    expect(output).toMatch(/^\d+ containers new, .*; no data is lost\.$/m);
    expect([exitCode, snapshot(first.sluiceHome)]).toEqual([0, {}]);
    expect(first.npmRun("outputs").output).toBe("Nothing is deployed yet.\n");
  });
});

describe("two platforms", () => {
  it("are deployed beside each other, one in our words and one in CDKTF's", () => {
    expect(first.npmRun("deploy", "--", "--auto-approve")).toMatchObject({ exitCode: 0 });
    const before = ids(first.name);
    const { exitCode, output } = second.cdktf("deploy", "platform", "--auto-approve");
    expect(output).toContain("0 changed, 0 destroyed");
    expect([exitCode, ids(first.name)]).toEqual([0, before]);
  });

  it("are never taken for each other", () => {
    for (const platform of [second, first]) {
      const { exitCode, output } = platform.cdktf("diff", "platform");
      expect([exitCode, output]).toEqual([0, expect.stringContaining("No changes")]);
    }
    expect(second.npmRun("diff", "--", "--exit-code")).toMatchObject({ exitCode: 0 });
    expect(second.npmRun("outputs").output).toContain(`:${second.gatewayPort}`);
  });

  it("keep secrets, state and plans where nobody else looks, and git neither", () => {
    const plan = join(first.outdir, "stacks/platform/plan");
    expect(existsSync(plan)).toBe(true);
    for (const { sluiceHome, outdir } of [first, second]) {
      const folders = [sluiceHome, join(sluiceHome, "state"), join(outdir, "stacks/platform")];
      expect(folders.map((folder) => statSync(folder).mode & 0o077)).toEqual([0, 0, 0]);
      expect(readFileSync(join(sluiceHome, ".gitignore"), "utf8")).toBe("*\n");
    }
    // Any command removes what cdktf diff has left.
    first.npmRun("outputs");
    expect(existsSync(plan)).toBe(false);
    expect(statSync(join(first.sluiceHome, "state/platform.tfstate")).mode & 0o077).toBe(0);
  });
});

describe("commands that only look", () => {
  it("leave no trace, also with another key in the environment, and show what it would change", () => {
    const before = snapshot(first.sluiceHome);
    const environment = { ANTHROPIC_API_KEY: "planted-key-3" };
    const diff = first.npmRunWith(environment, "diff", "--", "--exit-code");
    expect(diff).toMatchObject({ exitCode: 2, output: expect.stringContaining("which deploy will store") });
    expect(diff.output).not.toMatch(/planted-key/);
    expect(first.npmRunWith(environment, "outputs").exitCode).toBe(0);
    first.npmRunWith(environment, "sluice", "--", "verify", "enforcement", "--url", "http://127.0.0.1:1");
    expect(snapshot(first.sluiceHome)).toEqual(before);
  });
});

describe("a lost secret file", () => {
  it("is named with its ways back by every command, and nothing is made or changed", () => {
    const [file, backup] = [join(first.sluiceHome, "secrets.tfvars.json"), join(first.home, "backup")];
    const [secrets, before] = [first.secrets(), ids(first.name)];
    renameSync(file, backup);
    const attempts = [
      first.npmRun("diff"),
      first.npmRun("deploy", "--", "--auto-approve"),
      first.npmRun("sluice", "--", "init"),
      first.cdktf("deploy", "platform", "--auto-approve"),
    ];
    for (const { exitCode, output } of attempts) {
      expect([exitCode, output]).toEqual([1, expect.stringContaining(`there are no secrets in ${file}`)]);
      expect(output).toContain("from your backup");
    }
    expect([existsSync(file), ids(first.name)]).toEqual([false, before]);

    expect(first.npmRun("sluice", "--", "init", "--recover-from-state")).toMatchObject({ exitCode: 0 });
    expect(first.secrets()).toEqual(secrets);
    expect(first.npmRun("diff", "--", "--exit-code")).toMatchObject({ exitCode: 0 });
  });
});

describe("another name", () => {
  it("is refused while the platform is deployed, with what would be lost", () => {
    const before = ids(second.name);
    sql(second.name, "CREATE TABLE kept AS SELECT 42 AS answer");
    renameTo(renamed());
    for (const { exitCode, output } of [
      second.npmRun("diff"),
      second.npmRun("deploy", "--", "--auto-approve"),
      second.cdktf("deploy", "platform", "--auto-approve"),
    ]) {
      expect([exitCode, output]).toEqual([
        1,
        expect.stringContaining(`says name: ${renamed()}, but ${second.name} is deployed`),
      ]);
      expect(output).toContain(dataOf(second.name).join(", "));
    }
    expect(ids(second.name)).toEqual(before);
  });

  it("does not mislead destroy, nor does a platform.yaml with errors", () => {
    writeFileSync(configOf(second), `${readFileSync(configOf(second), "utf8")}nonsense: true\n`);
    const { exitCode, output } = second.npmRun("destroy", "--", "--auto-approve");
    expect([exitCode, output]).toEqual([
      0,
      expect.stringContaining(`${second.name} is gone. Its data is kept`),
    ]);
    expect([containersOf(second.name), volumesOf(second.name)]).toEqual([[], dataOf(second.name)]);
    second.configure();
    renameTo(renamed());
    expect(second.npmRun("deploy", "--", "--auto-approve").output).toContain(
      `${second.name} has left its data`,
    );
  });

  it("takes the data along by the steps of docs/operations.md", () => {
    const guide = readFileSync(join(PROJECT, "docs/operations.md"), "utf8");
    const [, block = ""] = /## Rename a platform\n.*?```bash\n(.*?)```/s.exec(guide) ?? [];
    const copy = block.slice(block.indexOf("for volume"), block.indexOf("done") + 4);
    const script = copy.replaceAll("old-", `${second.name}-`).replaceAll("new-", `${renamed()}-`);
    execFileSync("bash", ["-euo", "pipefail", "-c", script]);
    expect(volumesOf(renamed())).toEqual(dataOf(renamed()));

    expect(second.npmRun("deploy", "--", "--auto-approve")).toMatchObject({ exitCode: 0 });
    expect(sql(renamed(), "SELECT answer FROM kept")).toBe("42");
  });
});

describe("destroy with its data", () => {
  it("takes what is deployed, whatever platform.yaml says, and says what is gone", () => {
    renameTo("another");
    rmSync(join(second.sluiceHome, "secrets.tfvars.json"));
    const { exitCode, output } = second.npmRun("destroy", "--", "--auto-approve", "--volumes");
    expect([exitCode, output]).toEqual([
      0,
      expect.stringContaining(`${renamed()} and its data are gone: ${dataOf(renamed()).join(", ")}`),
    ]);
    expect([containersOf(renamed()), volumesOf(renamed())]).toEqual([[], []]);
    // The copied ones are another matter, and nobody says otherwise.
    expect(volumesOf(second.name)).toEqual(dataOf(second.name));
    expect(second.npmRun("destroy", "--", "--auto-approve", "--volumes").output).toContain(
      "knows of no data volumes, so none was deleted",
    );
  });

  it("does not say that data is gone which somebody still uses", () => {
    docker(
      "create",
      "--name",
      `${first.name}-holder`,
      "--volume",
      `${first.name}-postgres-data:/data`,
      POSTGRES.image.reference,
    );
    const held = first.npmRun("destroy", "--", "--auto-approve", "--volumes");
    expect(held).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining(`data volumes are left: ${first.name}-postgres-data`),
    });
    docker("rm", `${first.name}-holder`);
    expect(first.npmRun("destroy", "--", "--auto-approve", "--volumes")).toMatchObject({ exitCode: 0 });
    expect(volumesOf(first.name)).toEqual([]);
  });
});
