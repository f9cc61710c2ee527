import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { POSTGRES } from "../../constructs/services/postgres";
import { removeFirewallRules } from "../support/applied/applied-platform";
import { containersOf, docker, inspect } from "../support/applied/docker";
import { passesWithin } from "../support/applied/passes-within";
import { startUpstream } from "../support/applied/upstream";
import { FreshCheckout } from "../support/documents/fresh-checkout";
import { blockCommands, section, tableCommands } from "../support/documents/typed-commands";
import { freePort } from "../support/services/free-port";
import { PROJECT } from "../support/source-files";

/**
 * README.md ("Deploy it") and docs/operations.md ("Every day" and all its bash blocks), typed word by word on a fresh checkout in an empty
 * HOME. What is put in the place of the documents' own words is only: names and ports, which other platforms of this machine have; the
 * provider's key and address, which is support/applied/fake-anthropic.cjs.
 */
const NAME = `doc${process.pid}`;
const TEAM = `${NAME}t`;
const PROVIDER_KEY = "planted-provider-key-90ab";
const SERVICES = ["gateway", "key-provisioner", "postgres"];

/** Commands that are not typed here, and why. */
const NOT_TYPED: Readonly<Record<string, string>> = {
  "npm run sluice -- verify enforcement --master-key-file .sluice/local/secrets.tfvars.json":
    "of npm start: __tests__/cli/commands/start.test.ts",
  "LITELLM_MASTER_KEY=… npm run sluice -- verify enforcement --url https://ai.example.org --model claude-haiku-4-5":
    "of a gateway behind a domain: __tests__/cli/commands/verify.test.ts",
  "BILL_ROUNDS=50 BILL_REQUESTS=200 BILL_SEED=1000 npx jest __tests__/contracts/attempt-bills.test.ts":
    "hours of tests; npm test runs the short form",
  "RACE_ROUNDS=20 RACE_REQUESTS=1000 RACE_PROCESSES=4 KILL_ROUNDS=50 npm run test:acceptance -- __tests__/faults":
    "hours of tests; this suite runs the short form",
  "npm run sluice -- certs": "__tests__/cli/commands/certs.test.ts",
  "npm run sluice -- certs --renew": "__tests__/acceptance/coder-server.test.ts",
  "npm run sluice -- certs --json": "__tests__/cli/commands/certs.test.ts",
  "npm run sluice -- coder admin": "__tests__/acceptance/coder-bootstrap.test.ts",
  "npm run sluice -- coder admin --show-password": "__tests__/acceptance/coder-bootstrap.test.ts",
  "npm run sluice -- coder bootstrap": "__tests__/acceptance/coder-bootstrap.test.ts",
  "npm run sluice -- rotate --list": "every rotation: __tests__/acceptance/rotate.test.ts",
  "npm run sluice -- rotate gateway_master_key": "__tests__/acceptance/rotate.test.ts",
  "npm run sluice -- rotate gateway_database_password": "__tests__/acceptance/rotate.test.ts",
  "npm run sluice -- rotate postgres_superuser_password": "__tests__/acceptance/rotate.test.ts",
  "npm run sluice -- rotate key_provisioner_admin_token": "__tests__/acceptance/rotate.test.ts",
  "npm run sluice -- rotate gateway_provisioner_token": "__tests__/acceptance/rotate.test.ts",
  "npm run sluice -- rotate key_encryption_key":
    "__tests__/cli/rotation/rotate-secret.test.ts, and what follows from it: __tests__/services/key-provisioner/routes/admin.test.ts",
  "read -rs ANTHROPIC_API_KEY; export ANTHROPIC_API_KEY": "__tests__/acceptance/rotate.test.ts",
  "npm run sluice -- rotate ANTHROPIC_API_KEY": "__tests__/acceptance/rotate.test.ts",
  "npm run test:acceptance -- __tests__/faults/resources": "tests of this suite",
  'npm run test:acceptance -- __tests__/faults/resources -t "stopped for"': "tests of this suite",
};

const operations = readFileSync(join(PROJECT, "docs/operations.md"), "utf8");
const readmeSection = section("README.md", "## Deploy it");
const everyDay = section("docs/operations.md", "## Every day");
const documented = [
  ...new Set([
    ...blockCommands(readmeSection),
    ...[...readmeSection.matchAll(/`(np[mx] run [^`]+)`/g)].map(([, command = ""]) => command),
    ...tableCommands(everyDay),
    // A rename is done by its steps in homes.test.ts: "takes the data along".
    ...blockCommands(operations.replace(section("docs/operations.md", "## Rename a platform"), "")),
  ]),
];
const typedCommands = new Set<string>();

let checkout: FreshCheckout;
let ports: number[];

/** What the documents call `sluice` has another name and other ports here. */
function here(command: string): string {
  typedCommands.add(command);
  return command
    .replaceAll(/\bsluice-(?=gateway|key-provisioner|postgres)/g, `${NAME}-`)
    .replaceAll("localhost:4000", `localhost:${ports[0]}`)
    .replace("sk-ant-…", PROVIDER_KEY);
}

const type = (command: string) => checkout.type(here(command));

function backUp(): void {
  for (const command of blockCommands(section("docs/operations.md", "## Back up")))
    expect([command, type(command).exitCode]).toEqual([command, 0]);
}
const answer = (command: string, text: string) => checkout.typeAndAnswer(here(command), text);
const ids = () => SERVICES.map((service) => inspect(`${NAME}-${service}`).Id);
const volumesOf = (name: string) =>
  docker("volume", "ls", "--quiet", "--filter", `name=^${name}-`).split("\n").filter(Boolean);
const networksOf = (name: string) =>
  docker("network", "ls", "--quiet", "--filter", `name=^${name}-`).split("\n").filter(Boolean);

/** A reader edits the copy of the example: another name and other ports, and where the provider is. */
function edit(file: string, name: string, [gateway, keyProvisioner]: readonly number[]) {
  writeFileSync(
    join(checkout.folder, file),
    `${readFileSync(join(checkout.folder, "platform.example.yaml"), "utf8")}
name: ${name}
ports: { gateway: ${gateway}, keyProvisioner: ${keyProvisioner} }
coder: { enabled: false }
providers: { anthropic: { kind: anthropic, apiKeyEnv: ANTHROPIC_API_KEY, baseUrl: "http://fake-anthropic:8080" } }
`,
  );
}

beforeAll(async () => {
  checkout = new FreshCheckout();
  ports = [await freePort(), await freePort(), await freePort(), await freePort()];
});

afterAll(() => {
  for (const name of [NAME, TEAM]) {
    for (const one of containersOf(`${name}-`)) docker("rm", "--force", "--volumes", one);
    removeFirewallRules(name);
    for (const one of networksOf(name)) docker("network", "rm", one);
    for (const one of volumesOf(name)) docker("volume", "rm", one);
    const images = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", `${name}/*`);
    for (const one of images.split("\n").filter(Boolean)) docker("image", "rm", one);
  }
  checkout.remove();
});

describe("README.md, Deploy it", () => {
  it("begins with a platform.yaml and an installation", () => {
    expect(type("cp platform.example.yaml platform.yaml")).toMatchObject({ exitCode: 0 });
    edit("platform.yaml", NAME, ports.slice(0, 2));
    expect(type("npm ci")).toMatchObject({ exitCode: 0 });
  });

  it("takes the provider's key from the environment", () => {
    const [, name = "", value = ""] =
      /^export (\w+)=(.*)$/.exec(here("export ANTHROPIC_API_KEY=sk-ant-…")) ?? [];
    checkout.export(name, value);
  });

  it("shows what would change, and changes nothing", () => {
    const { output, exitCode } = type("npm run diff");
    expect(output).toMatch(/^\+ gateway: .*new container/m);
    expect(exitCode).toBe(0);
    expect([containersOf(NAME), volumesOf(NAME), networksOf(NAME)]).toEqual([[], [], []]);
    expect(type("npm run diff -- --exit-code").exitCode).toBe(2);
  });

  it("deploys after a yes, and nothing after a no", () => {
    expect(answer("npm run deploy", "no").output).toContain("Nothing was changed.");
    expect(containersOf(NAME)).toEqual([]);
    const { output, exitCode } = answer("npm run deploy", "yes");
    for (const name of ["gateway_url", "key_provisioner_url", "gateway_internal_url", "data_volumes"])
      expect(output).toMatch(new RegExp(`^ *${name} +\\S`, "m"));
    expect(exitCode).toBe(0);
  });

  it("says whether all is well", () => {
    const { output, exitCode } = type("npm run status");
    expect(output).toContain(`${NAME} is healthy`);
    expect(exitCode).toBe(0);
  });

  it("mints a key", () => {
    const commands = blockCommands(readmeSection).filter((one) => /^(?:MASTER_KEY=|curl )/.test(one));
    const { output, exitCode } = checkout.type(["set -e", ...commands.map(here)].join("\n"));
    expect(output).toContain('"status":"connected"');
    expect(output).toMatch(/"key":"sk-[^"]+"/);
    expect(exitCode).toBe(0);
  });

  it("shows that working rules hold", () => {
    startUpstream(NAME);
    const { output, exitCode } = type("npm run sluice -- verify enforcement");
    expect(output).not.toContain("FAILED");
    expect(exitCode).toBe(0);
  });
});

describe("docs/operations.md, Every day", () => {
  it("has nothing to do in a second deploy", () => {
    const before = ids();
    expect(type("npm run deploy -- --yes")).toMatchObject({ exitCode: 0 });
    const silently = here("npm run deploy -- --yes --json").replace("run", "run --silent");
    expect(JSON.parse(checkout.type(`${silently} 2>/dev/null`).output)).toMatchObject({
      result: "unchanged",
    });
    expect(type("npm run diff -- --exit-code")).toMatchObject({ exitCode: 0 });
    expect(ids()).toEqual(before);
  });

  it("shows the URLs, and gives them to scripts", () => {
    expect(type("npm run outputs").output).toContain(`http://localhost:${ports[0]}`);
    const { output } = checkout.type(
      `${here("npm run outputs -- --json").replace("run", "run --silent")} 2>/dev/null`,
    );
    expect(JSON.parse(output)).toMatchObject({ gateway_url: `http://localhost:${ports[0]}` });
  });

  it("says how it is, to scripts as well, and what a plan says", () => {
    const { output } = checkout.type(
      `${here("npm run status -- --json").replace("run", "run --silent")} 2>/dev/null`,
    );
    expect(JSON.parse(output)).toMatchObject({ name: NAME, well: true });
    expect(type("npm run status -- --plan").output).toMatch(/^plan +no changes$/m);
  });

  it("shows what a branch changes against another", () => {
    const file = join(checkout.folder, "platform.yaml");
    const committed = readFileSync(file, "utf8");
    const commit =
      "git add --force platform.yaml && git -c user.name=a -c user.email=a@b commit --quiet -m platform";
    expect(checkout.type(`${commit} && git update-ref refs/remotes/origin/main HEAD`)).toMatchObject({
      exitCode: 0,
    });
    writeFileSync(file, `${committed}resources: { keyProvisioner: { memoryMegabytes: 300 } }\n`);
    const { output, exitCode } = type("npm run sluice -- review --base origin/main");
    writeFileSync(file, committed);
    expect(output).toContain("key-provisioner");
    expect(exitCode).toBe(0);
  });

  it("gets a lost secret file back from the state", () => {
    const file = join(checkout.folder, ".sluice/secrets.tfvars.json");
    const secrets = JSON.parse(readFileSync(file, "utf8"));
    rmSync(file);
    expect(checkout.type("npm run diff").exitCode).not.toBe(0);
    expect(type("npm run sluice -- init --recover-from-state")).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(secrets);
    expect(checkout.type("npm run diff -- --exit-code")).toMatchObject({ exitCode: 0 });
  });

  it("reads the logs", async () => {
    expect(type("npm run sluice -- logs").output).toMatch(/^postgres +\| .*ready to accept connections/m);
    const follow = here("npm run sluice -- logs gateway -f --since 10m");
    const { output } = checkout.type(`timeout --signal=INT 8 ${follow}`);
    expect(output).toContain('"name":"gateway"');
  });

  it("delivers prompts to the gateway that runs", async () => {
    const file = join(checkout.folder, "prompts/standard.md");
    writeFileSync(file, `${readFileSync(file, "utf8")}\nSay at the end that you followed all of this.\n`);
    const before = inspect(`${NAME}-gateway`).Id;
    expect(checkout.type("npm run deploy -- --yes")).toMatchObject({ exitCode: 0 });
    expect(inspect(`${NAME}-gateway`).Id).toBe(before);
    await passesWithin(15, () => {
      expect(checkout.type("npm run sluice -- logs gateway --since 30s").output).toContain(
        "enforced prompt loaded",
      );
    });
    checkout.type("git checkout --quiet prompts");
  });

  it("backs up", () => {
    backUp();
    expect(readFileSync(join(checkout.folder, "backup/gateway.dump")).subarray(0, 5).toString()).toBe(
      "PGDMP",
    );
  });

  it("restores what the dump has, and nothing that came after it", async () => {
    const master = JSON.parse(readFileSync(join(checkout.folder, ".sluice/secrets.tfvars.json"), "utf8"));
    const ask = async (path: string, key: string, body?: object) =>
      fetch(`http://127.0.0.1:${ports[0]}${path}`, {
        // A connection that is kept alive would lead to the gateway that is gone.
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", connection: "close" },
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      });
    const mint = async () => {
      const answer = await ask("/key/generate", master.gateway_master_key, {});
      return ((await answer.json()) as { key: string }).key;
    };
    const statusOf = async (key: string) => (await ask("/v1/models", key)).status;
    const before = await mint();
    backUp();
    const after = await mint();
    expect((await ask("/key/delete", master.gateway_master_key, { keys: [before] })).status).toBe(200);

    // The worst case: containers, database and secret file are lost.
    const home = join(checkout.folder, ".sluice");
    rmSync(join(home, "secrets.tfvars.json"));
    for (const service of ["postgres", "gateway", "key-provisioner"])
      docker("rm", "--force", `${NAME}-${service}`);
    docker("volume", "rm", `${NAME}-postgres-data`);

    for (const command of blockCommands(section("docs/operations.md", "## Restore"))) {
      const { output, exitCode } = command.startsWith("npm run deploy")
        ? answer(command, "yes")
        : type(command);
      expect([command, exitCode, output]).toEqual([command, 0, expect.anything()]);
      if (command.startsWith("npm run deploy")) {
        expect(output).toContain(`! DATA: postgres: volume ${NAME}-postgres-data is lost`);
        expect(await statusOf(after)).toBe(401);
      }
      // The gateway takes a moment until it is ready.
      if (command.startsWith("docker start"))
        await passesWithin(60, async () => expect(checkout.type("npm run status").exitCode).toBe(0));
    }
    expect([await statusOf(before), await statusOf(after)]).toEqual([200, 401]);
  });

  it("looks at the books and sums", () => {
    const blocks = [...operations.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, sql = ""]) => sql);
    expect(blocks.length).toBeGreaterThan(1);
    for (const sql of blocks)
      expect(() =>
        docker(
          "exec",
          `${NAME}-postgres`,
          "psql",
          "-U",
          "postgres",
          "-d",
          "gateway",
          "-v",
          "ON_ERROR_STOP=1",
          "-c",
          sql,
        ),
      ).not.toThrow();
  });

  it("opens as many connections to Postgres as it says", async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${ports[0]}/metrics`)).text();
    const pools = [...metrics.matchAll(/^gateway_database_pool_connections_limit\{.*\} (\d+)$/gm)];
    const documentedPools = [
      ...section("docs/operations.md", "## Connections to Postgres").matchAll(/^\| (\d+) \|/gm),
    ];
    const sum = (found: RegExpExecArray[]) => found.reduce((all, [, count]) => all + Number(count), 0);
    expect(sum(pools)).toBe(sum(documentedPools.slice(0, 6)));
    expect(sum(documentedPools)).toBe(24);
  });

  it("removes images of former versions", () => {
    docker("commit", `${NAME}-key-provisioner`, `${NAME}/gateway:0123456789ab`);
    expect(type("npm run sluice -- images prune --dry-run").output).toContain("would be removed");
    expect(answer("npm run sluice -- images prune", "no").output).toContain("Nothing was changed.");
    expect(type("npm run sluice -- images prune --yes").output).toContain("1 image removed");
    expect(docker("image", "ls", "--quiet", POSTGRES.image.reference).trim()).not.toBe("");
  });

  it("has another configuration in another home, beside the first", () => {
    const before = ids();
    edit("team.yaml", TEAM, ports.slice(2));
    checkout.export("ANTHROPIC_API_KEY", "");
    expect(answer("SLUICE_CONFIG=team.yaml SLUICE_HOME=.sluice-team npm run deploy", "yes")).toMatchObject({
      exitCode: 0,
    });
    expect(ids()).toEqual(before);
  });

  it("works on that home by what is exported, too", () => {
    const exported = here("export SLUICE_CONFIG=team.yaml SLUICE_HOME=.sluice-team");
    expect(checkout.type(`${exported}\nnpm run outputs`).output).toContain(`http://localhost:${ports[2]}`);
  });
});

describe("docs/operations.md, When something is wrong", () => {
  const TEAM_ENV = "SLUICE_CONFIG=team.yaml SLUICE_HOME=.sluice-team";

  it("a deployment is not used: export its credential, npm run deploy", () => {
    const status = `${TEAM_ENV} npm run status`;
    expect(checkout.type(status).output).toContain("ANTHROPIC_API_KEY is not set");
    expect(checkout.type(`${TEAM_ENV} npm run sluice -- logs gateway`).output).toContain("is not used");
    checkout.export("ANTHROPIC_API_KEY", PROVIDER_KEY);
    expect(checkout.typeAndAnswer(`${TEAM_ENV} npm run deploy`, "yes")).toMatchObject({ exitCode: 0 });
    expect(checkout.type(status)).toMatchObject({ exitCode: 0 });
  });

  it("no Docker engine answers", () => {
    const { output, exitCode } = checkout.type("DOCKER_HOST=unix:///nowhere.sock npm run deploy -- --yes");
    expect(output).toContain("no Docker engine answers");
    expect(output).toContain("DOCKER_CONTEXT");
    expect(exitCode).toBe(1);
  });

  it("a port is taken: another number under ports", () => {
    edit("team.yaml", TEAM, [ports[0] ?? 0, ports[3] ?? 0]);
    const refused = checkout.type(`${TEAM_ENV} npm run deploy -- --yes`);
    expect(refused.output).toMatch(new RegExp(`port.*${ports[0]}.* is taken`));
    expect(refused.exitCode).toBe(1);
    expect(checkout.type(`${TEAM_ENV} npm run status`)).toMatchObject({ exitCode: 0 });
  });
});

describe("README.md and docs/operations.md, the end", () => {
  it("leaves nothing for git to take in but what may be", () => {
    expect(checkout.untracked().filter((line) => !/ (?:platform|team)\.yaml$/.test(line))).toEqual([]);
  });

  it("takes the platform down and keeps the data, then takes the data, too", () => {
    docker("rm", "--force", `${NAME}-upstream`);
    const volumes = volumesOf(NAME);
    expect(answer("npm run destroy", "yes").output).toContain("data is kept");
    const data = volumes.filter((name) => !name.endsWith("-files"));
    expect([containersOf(`${NAME}-`), networksOf(NAME), volumesOf(NAME)]).toEqual([[], [], data]);
    expect(data.length).toBeGreaterThan(1);
    expect(checkout.type("npm run status").output).toContain("nothing is deployed");
    expect(answer("npm run destroy -- --volumes", "yes")).toMatchObject({ exitCode: 0 });
    expect(volumesOf(NAME)).toEqual([]);
    // The other platform goes on.
    expect(containersOf(`${TEAM}-gateway`)).toContain(`${TEAM}-gateway`);
  });

  it("has left out no command", () => {
    expect(documented.filter((one) => !typedCommands.has(one) && !(one in NOT_TYPED))).toEqual([]);
    expect(Object.keys(NOT_TYPED).filter((one) => !documented.includes(one))).toEqual([]);
  });
});
