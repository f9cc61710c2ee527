import { main } from "../../../cli/main";

/** What is refused before anything is looked at; deploys themselves are the acceptance suite's subject. */
describe("sluice deploy", () => {
  let said: string;
  beforeEach(() => {
    said = "";
    jest.spyOn(console, "error").mockImplementation((text) => {
      said += text;
    });
    jest.spyOn(process.stderr, "write").mockImplementation((text) => {
      said += text;
      return true;
    });
  });
  afterEach(() => jest.restoreAllMocks());

  it("has nobody to ask with --json", async () => {
    expect(await main(["deploy", "--json"])).toBe(1);
    expect(said).toBe(
      "error: --json has nobody to ask\n  → give --yes as well to apply, or use sluice diff to look",
    );
  });

  it("says in JSON why, also where it is used in a wrong way", async () => {
    let printed = "";
    jest.spyOn(console, "log").mockImplementation((text) => {
      printed += text;
    });
    const said = async (...args: string[]) => {
      printed = "";
      await main(["deploy", "--json", ...args]);
      return JSON.parse(printed);
    };
    expect(await said()).toEqual({
      result: "refused",
      platform: "not changed",
      error: {
        problem: "--json has nobody to ask",
        remedy: "give --yes as well to apply, or use sluice diff to look",
        findings: [],
      },
    });
    expect((await said("--yes", "--lock-timeout", "abc")).error.problem).toMatch(/'abc' is invalid/);
  });

  it("takes durations as Terraform does, and says so", async () => {
    expect(await main(["deploy", "--lock-timeout", "5 minutes"])).toBe(1);
    expect(said).toContain(
      "'5 minutes' is invalid. It is a number of seconds, minutes or hours, such as 90s",
    );
  });

  it("tells its exit codes", async () => {
    const shown: string[] = [];
    jest.spyOn(process.stdout, "write").mockImplementation((text) => shown.push(String(text)) > 0);
    expect(await main(["deploy", "--help"])).toBe(0);
    expect(shown.join("")).toMatch(/Exit codes:\n {2}0 .*ready[\s\S]*130 {2}ended by SIGINT/);
  });
});
