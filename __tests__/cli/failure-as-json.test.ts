import { DeploymentError } from "../../cli/apply/deployment-error";
import { InterruptedDeployment } from "../../cli/apply/interruption";
import { deployFailureAsJson, failureAsJson } from "../../cli/failure-as-json";
import { main } from "../../cli/main";
import { FindingsError } from "../../cli/preflight/finding";
import { InterruptedError } from "../../cli/terminal/interrupted-error";
import { UserError } from "../../cli/terminal/user-error";
import { ConfigError } from "../../constructs/config/config-error";
import { parsePlatform } from "../../constructs/config/load";

function failureOf(settings: string) {
  try {
    parsePlatform(`apiVersion: sluice/v1\n${settings}\n`);
  } catch (error) {
    return failureAsJson(error).error;
  }
  throw new Error("the configuration was accepted");
}

const finding = (path: string) => ({
  path,
  problem: "is taken",
  allowed: "a free one",
  remedy: `change ${path}`,
});

const expected = (setting: string) => ({
  file: "platform.yaml",
  line: null,
  column: null,
  setting,
  problem: "is taken",
  value: null,
  allowed: "a free one",
  remedy: `change ${setting}`,
});

describe("a failure as JSON", () => {
  it("has every finding with its remedy", () => {
    const error = new FindingsError(
      [finding("ports.gateway"), finding("ports.keyProvisioner")],
      "platform.yaml",
    );
    expect(failureAsJson(error)).toEqual({
      error: {
        problem: "this cannot be applied, and nothing was changed",
        remedy: null,
        findings: [expected("ports.gateway"), expected("ports.keyProvisioner")],
      },
    });
  });

  it("says a single finding in one sentence, and has its parts", () => {
    expect(failureOf("ports: { gateway: 80 }")).toEqual({
      problem:
        "platform.yaml:2:19 ports.gateway: is too small, got 80; allowed: a whole number from 1024 to 65535",
      remedy: "correct it, or remove the line for the default, 4000",
      findings: [
        {
          file: "platform.yaml",
          line: 2,
          column: 19,
          setting: "ports.gateway",
          problem: "is too small",
          value: "80",
          allowed: "a whole number from 1024 to 65535",
          remedy: "correct it, or remove the line for the default, 4000",
        },
      ],
    });
  });

  it("keeps a value apart that reads like a remedy", () => {
    expect(failureOf('access: { host: "a; remedy: b" }').findings).toMatchObject([
      { setting: "access.host", value: '"a; remedy: b"', remedy: expect.stringMatching(/^correct it/) },
    ]);
  });

  it("has a finding about no file", () => {
    const error = new ConfigError([{ setting: "SLUICE_CONFIG", problem: "names a file that is missing" }]);
    expect(failureAsJson(error).error).toMatchObject({
      problem: "SLUICE_CONFIG: names a file that is missing",
      remedy: null,
      findings: [{ file: null, line: null, setting: "SLUICE_CONFIG", remedy: null }],
    });
  });

  it.each([
    [new UserError("no", "do"), "refused", "not changed"],
    [new DeploymentError("no", undefined, "rolled back"), "failed", "rolled back"],
    [new InterruptedDeployment("SIGTERM", "half of it", "changed in part"), "interrupted", "changed in part"],
    [new InterruptedError("SIGINT", "half of it"), "interrupted", null],
    [new TypeError("a bug"), "failed", null],
  ])("of a deploy says how the platform is left: %s", (error, result, platform) =>
    expect(deployFailureAsJson(error)).toMatchObject({ result, platform }),
  );
});

describe("a command with --json", () => {
  let out: string[];
  beforeEach(() => {
    out = [];
    jest.spyOn(console, "log").mockImplementation((text) => void out.push(String(text)));
    jest.spyOn(console, "error").mockImplementation(() => {});
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, "write").mockReturnValue(true);
  });
  afterEach(() => {
    delete process.env["SLUICE_CONFIG"];
    jest.restoreAllMocks();
  });

  it.each([
    [["diff", "--json"], /there is no .+nowhere.yaml/],
    [["diff", "--json", "--full"], /cannot be used with/],
    [["status", "--json", "--unheard-of"], /unknown option/],
    [["status", "--json", "too", "many"], /too many arguments/],
    [["review", "--json"], /required option/],
    [["review", "--json", "--markdown", "--base", "HEAD"], /cannot be used with/],
    [["verify", "enforcement", "--json"], /there is no .+nowhere.yaml/],
    [["verify", "--json"], /no command is given|unknown option/],
    [["logs", "--json", "--since", "never"], /is invalid/],
    [["outputs", "--json", "x"], /too many arguments/],
    [["nonsense", "--json"], /unknown command/],
  ])("prints one object when it fails: %s", async (args, problem) => {
    process.env["SLUICE_CONFIG"] = "nowhere.yaml";
    expect(await main(args)).not.toBe(0);
    expect(out).toHaveLength(1);
    const { error } = JSON.parse(out[0] ?? "");
    expect(error.problem).toMatch(problem);
    expect(error.problem).not.toMatch(/^error/);
    expect(error).toHaveProperty("remedy");
  });

  it("prints no failure with its help", async () => {
    expect(await main(["diff", "--json", "--help"])).toBe(0);
    expect(out).toEqual([]);
  });
});
