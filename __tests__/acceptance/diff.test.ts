import { readdirSync } from "node:fs";
import { AppliedPlatform } from "../support/applied/applied-platform";

/** `diff` on what really runs. The steps build on each other. */
describe("diff", () => {
  const KEY = "sk-ant-planted-9d3f51c2";
  let platform: AppliedPlatform;
  const plans = () => readdirSync(platform.sluiceHome).filter((name) => name === "plans");

  beforeAll(async () => {
    platform = await AppliedPlatform.create({ ANTHROPIC_API_KEY: KEY });
    platform.configure();
    const { exitCode, output } = platform.npmRun("deploy", "--", "--auto-approve");
    if (exitCode !== 0) throw new Error(output);
  }, 300_000);

  afterAll(() => platform?.remove());

  it("says that nothing changes", () => {
    const { exitCode, output } = platform.npmRun("diff", "--", "--exit-code");
    expect(output).toContain("No changes: what runs is what platform.yaml declares.");
    expect(exitCode).toBe(0);
  });

  it("tells a memory limit, a port and a price in words, shows no secret and leaves no plan", () => {
    const before = plans();
    platform.configure(`resources: { postgres: { memoryMegabytes: 1320 }, keyProvisioner: { memoryMegabytes: 300 } }
models:
  - name: claude-sonnet-4-5
    deployments: [{ provider: anthropic, model: claude-sonnet-4-5-20250929 }]
    prices: { input: 3.5, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 }
    maxOutputTokens: 64000
`);
    const { exitCode, output } = platform.npmRun("diff", "--", "--exit-code");
    expect(exitCode).toBe(2);
    expect(output).toContain("price of claude-sonnet-4-5: input 3 → 3.5 USD per million tokens");
    expect(output).toContain("model claude-opus-4-5 is removed: requests for it are refused");
    expect(output).toContain("~ key-provisioner: memory 256 → 300 MB; in place, the container stays");
    expect(output).toContain(`data untouched (volume ${platform.name}-postgres-data)`);
    expect(output).toContain("no data is lost");
    expect(output).not.toContain("no longer set");
    expect(output).toContain("2 containers changed in place, files delivered to 2 services");
    expect(output).toContain("npm run diff -- --full");
    for (const secret of [...Object.values(platform.secrets()), KEY].filter((value) => value !== "")) {
      expect(output).not.toContain(secret);
    }
    expect(output.split("\n").length).toBeLessThan(40);
    expect(plans()).toEqual(before);
  });

  it("says it as JSON, and shows the whole plan on demand", () => {
    const summary = JSON.parse(platform.npmRun("diff", "--", "--json").output);
    expect(summary.changes.map(({ service }: { service: string }) => service)).toContain("postgres");
    expect(summary.risks).toEqual([]);
    const { output } = platform.npmRun("diff", "--", "--full");
    expect(output).toMatch(/Plan: \d+ to add, \d+ to change, \d+ to destroy/);
  });

  it("warns of data that would be lost", () => {
    platform.configure("retention: { audit: 30d }");
    expect(platform.npmRun("diff").output).toContain(
      "! DATA: gateway: audit rows are kept for 30d instead of 365d",
    );
  });
});
