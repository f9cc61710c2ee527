import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeRotation, parseGrace } from "../../../cli/commands/rotate";
import { writeSecrets } from "../../../cli/secrets/secret-store";
import { PROJECT } from "../../support/source-files";
import { temporaryFolder } from "../../support/temporary-folder";

const secret = (name: string) => ({ name, variable: name, description: "", source: "generated" as const });
const container = (name: string, ...actions: string[]) => ({
  address: `docker_container.${name}`,
  type: "docker_container",
  actions,
  before: { name },
  after: { name },
});
const plan = (...changes: ReturnType<typeof container>[]) => ({ changes, existing: [], isEmpty: false });

test.each([
  ["0", 0],
  ["90s", 90],
  ["30m", 1800],
  ["24h", 86_400],
  ["30d", 2_592_000],
])("a grace of %s", (text, seconds) => expect(parseGrace(text)).toBe(seconds));

test.each(["", "1", "-1h", "31d", "1w", "1.5h"])("no grace: %s", (text) => {
  expect(() => parseGrace(text)).toThrow("such as 30m, 24h or 7d; at most 30d");
});

test("says what happens", () => {
  const files = container("sluice-gateway-files", "delete", "create");
  expect(describeRotation(secret("gateway_master_key"), 86_400, plan(files))).toBe(
    "Rotates gateway_master_key: the former key stays valid for 24h.\n" +
      "Containers that are replaced: none; those concerned follow their files.",
  );
  expect(describeRotation(secret("gateway_master_key"), 0, plan(files))).toContain(
    "the former key ends at once",
  );
  const service = container("sluice-postgres", "delete", "create");
  expect(describeRotation(secret("gateway_database_password"), 0, plan(files, service))).toBe(
    "Rotates gateway_database_password: the former value ends at once.\nContainers that are replaced: sluice-postgres.",
  );
});

describe("the command", () => {
  const run = (...args: string[]) => {
    const home = temporaryFolder();
    const file = join(home, "platform.yaml");
    writeFileSync(file, "apiVersion: sluice/v1\n");
    writeSecrets(home, { gateway_database_password: "hidden" });
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "cli/main.ts", "rotate", ...args],
      { cwd: PROJECT, encoding: "utf8", env: { ...process.env, SLUICE_CONFIG: file, SLUICE_HOME: home } },
    );
    return { status, output: stdout + stderr };
  };

  test("lists what can be rotated, without values", () => {
    const { status, output } = run("--list");
    expect(status).toBe(0);
    expect(output).toMatch(/^postgres_superuser_password +Postgres superuser/m);
    expect(output).toContain("gateway_master_key ");
    expect(output).toContain("ANTHROPIC_API_KEY ");
    expect(output).not.toContain("hidden");
  });

  test("asks for a name, knows those there are, and rotates nothing that is not deployed", () => {
    expect(run().output).toContain("error: rotate needs the name of a secret");
    expect(run("grafana").output).toContain("error: grafana is no secret of this platform");
    const { status, output } = run("gateway_database_password");
    expect(status).toBe(1);
    expect(output).toMatch(
      /nothing is deployed from .*, so gateway_database_password is in use nowhere\n.*npm run deploy/,
    );
  });
});
