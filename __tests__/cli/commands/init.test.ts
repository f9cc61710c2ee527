import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "../../../cli/main";
import { readSecrets, secretFile } from "../../../cli/secrets/secret-store";
import { SECRETS } from "../../../constructs/secret-catalog";
import { standInDocker } from "../../support/stand-in-docker";
import { stateContainer, stateText, writeState } from "../../support/state-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

const NAMES = Object.keys(SECRETS);

describe("sluice init", () => {
  const environment = process.env;
  let out: string;
  let home: string;

  beforeEach(() => {
    home = join(temporaryFolder(), "home");
    const config = join(temporaryFolder(), "platform.yaml");
    writeFileSync(config, "apiVersion: sluice/v1\nname: team\n");
    process.env = { ...environment, SLUICE_HOME: home, SLUICE_CONFIG: config };
    delete process.env["ANTHROPIC_API_KEY"];
    out = "";
    const collect = (text: unknown) => {
      out += `${text}\n`;
    };
    jest.spyOn(console, "log").mockImplementation(collect);
    jest.spyOn(console, "error").mockImplementation(collect);
  });
  afterEach(() => {
    process.env = environment;
    jest.restoreAllMocks();
  });

  function init(volumes: Parameters<typeof standInDocker>[0], ...args: string[]): Promise<number> {
    process.env["PATH"] = standInDocker(volumes);
    return main(["init", ...args]);
  }

  it("makes a home with every secret, and nothing more the second time", async () => {
    expect(await init([])).toBe(0);
    expect(Object.keys(readSecrets(home))).toEqual(NAMES);
    expect(readFileSync(join(home, ".gitignore"), "utf8")).toBe("*\n");
    expect(out).not.toContain("not checked");
    expect(await init("unreachable")).toBe(0);
    expect(out).toContain("nothing to do: all secrets are there");
  });

  it("works where the engine cannot be asked, and says what that means", async () => {
    expect(await init("unreachable")).toBe(0);
    expect(out).toMatch(/not checked: whether data volumes of team exist.*Cannot connect.*restore/);
  });

  it("makes nothing where data is", async () => {
    expect(await init(["team-postgres-data"])).toBe(1);
    expect(out).toContain("there are data volumes: team-postgres-data");
    expect(existsSync(secretFile(home))).toBe(false);
  });

  it("takes lost ones back from the state, and changes none that is there", async () => {
    const value = {
      ...Object.fromEntries(NAMES.map((name) => [name, `${name} of the state`])),
      anthropic_api_key: "",
    };
    writeState(home, stateText([stateContainer("team", "gateway")], { secrets: { value, sensitive: true } }));
    writeFileSync(secretFile(home), JSON.stringify({ gateway_database_password: "kept" }));
    expect(await init([], "--recover-from-state")).toBe(0);
    expect(readSecrets(home)).toMatchObject({
      gateway_database_password: "kept",
      gateway_master_key: "gateway_master_key of the state",
    });
    expect(Object.keys(readSecrets(home)).sort()).toEqual([...NAMES].sort());
    expect(out).toContain("back   gateway_master_key (from the state)");
    expect(out).not.toContain("of the state\n");
  });

  it("says when the state has none", async () => {
    writeState(home, stateText([stateContainer("team", "gateway")]));
    expect(await init([], "--recover-from-state")).toBe(1);
    expect(out).toContain("the state has no values of the secrets that are missing");
    expect(out).toContain(`restore ${secretFile(home)} from your backup`);
  });
});
