import { DeploymentError } from "../../cli/apply/deployment-error";
import { deployFailureAsJson, failureAsJson } from "../../cli/failure-as-json";
import { main } from "../../cli/main";
import { FindingsError } from "../../cli/preflight/finding";
import { InterruptedError } from "../../cli/terminal/interrupted-error";
import { UserError } from "../../cli/terminal/user-error";
import { ConfigError } from "../../constructs/config/config-error";

const finding = (path: string) => ({
  path,
  problem: "is taken",
  allowed: "a free one",
  remedy: `change ${path}`,
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
        findings: [
          { problem: "ports.gateway: is taken; allowed: a free one", remedy: "change ports.gateway" },
          {
            problem: "ports.keyProvisioner: is taken; allowed: a free one",
            remedy: "change ports.keyProvisioner",
          },
        ],
      },
    });
  });

  it("is the finding itself where there is one", () => {
    const single = failureAsJson(
      new ConfigError(["platform.yaml:1:1 name: is wrong; remedy: mend it"]),
    ).error;
    expect(single).toMatchObject({ problem: "platform.yaml:1:1 name: is wrong", remedy: "mend it" });
    expect(single.findings).toHaveLength(1);
  });

  it.each([
    [new UserError("no", "do"), "refused", "not changed"],
    [new DeploymentError("no", undefined, "rolled back"), "failed", "rolled back"],
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
