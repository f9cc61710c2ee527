import { readdirSync } from "node:fs";
import { main } from "../../../cli/main";
import { stateContainer, stateText, writeState } from "../../support/state-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

describe("sluice outputs", () => {
  const environment = process.env;
  let out: string;
  beforeEach(() => {
    out = "";
    jest.spyOn(console, "log").mockImplementation((text) => {
      out += `${text}\n`;
    });
  });
  afterEach(() => {
    process.env = environment;
    jest.restoreAllMocks();
  });

  it("needs neither Terraform, engine nor platform.yaml, and shows no secret", async () => {
    const home = temporaryFolder();
    process.env = { ...environment, SLUICE_HOME: home, SLUICE_CONFIG: "/nonexistent.yaml", PATH: "" };
    expect(await main(["outputs"])).toBe(0);
    expect(out).toBe("Nothing is deployed yet.\n");
    expect(readdirSync(home)).toEqual([]);

    const outputs = {
      gateway_url: { value: "http://localhost:4000" },
      secrets: { value: { gateway_database_password: "planted" }, sensitive: true },
    };
    writeState(home, stateText([stateContainer("team", "gateway")], outputs));
    out = "";
    expect(await main(["outputs", "--json"])).toBe(0);
    expect(JSON.parse(out)).toEqual({ gateway_url: "http://localhost:4000" });
  });
});
