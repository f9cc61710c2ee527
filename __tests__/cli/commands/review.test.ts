import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "../../../cli/main";
import { temporaryFolder } from "../../support/temporary-folder";

/** What is refused before anything is synthesized; comparisons themselves are the subject of plan.yml's tests. */
describe("sluice review", () => {
  let said: string;
  let printed: string;
  beforeEach(() => {
    said = "";
    printed = "";
    jest.spyOn(console, "log").mockImplementation((text) => {
      printed += text;
    });
    jest.spyOn(console, "error").mockImplementation((text) => {
      said += text;
    });
    jest.spyOn(process.stderr, "write").mockImplementation((text) => {
      said += text;
      return true;
    });
  });
  afterEach(() => {
    delete process.env["SLUICE_CONFIG"];
    jest.restoreAllMocks();
  });

  it("says that a side is not there before it synthesizes the other", async () => {
    expect(await main(["review", "--base", "no-such-commit"])).toBe(1);
    expect(said).toContain("error: base: no-such-commit is neither a file, a folder nor a commit");
    expect(said).not.toContain("Synthesizing");
  });

  it("says of a file outside the checkout that the other side lacks it, as a comment too", async () => {
    process.env["SLUICE_CONFIG"] = "/etc/team.yaml";
    expect(await main(["review", "--base", "HEAD", "--markdown"])).toBe(1);
    expect(printed).toContain("SLUICE_CONFIG names /etc/team.yaml, which is outside the checkout");
    expect(said).toContain("→ name a file in the checkout");
  });

  it("accepts a base that is not well, prints why as JSON, and accepts no such head", async () => {
    const stack = join(temporaryFolder(), "cdk.tf.json");
    writeFileSync(stack, "{}");
    const accepted = ["review", "--base", "no-such-commit", "--json", "--accept-data-loss", "--head"];
    expect(await main([...accepted, stack])).toBe(0);
    expect(JSON.parse(printed).error.problem).toContain("no-such-commit");
    printed = "";
    expect(await main([...accepted, temporaryFolder()])).toBe(1);
    expect(JSON.parse(printed).error.problem).toMatch(/^head: .+ is in no git repository$/);
  });
});
