import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { PlatformStack } from "../../constructs";
import { SECRETS } from "../../constructs/secret-catalog";
import { platformConfig, synthesizePlatform } from "../support/platform-fixture";
import { temporaryFolder } from "../support/temporary-folder";

describe("secrets", () => {
  it("are sensitive variables without a value, one for each of the catalogue", () => {
    const { variable } = synthesizePlatform();
    for (const name of Object.keys(SECRETS)) {
      expect(variable[name]).toMatchObject({ type: "string", sensitive: true, nullable: false });
      expect(variable[name]).not.toHaveProperty("default");
    }
  });

  it("taken from the environment may be missing: the variable is then empty", () => {
    expect(synthesizePlatform().variable["anthropic_api_key"]).toMatchObject({
      sensitive: true,
      default: "",
    });
  });

  it("never get into the synthesized folder, even when they are in the environment", () => {
    const sentinel = "planted-5f1c0e7d9b";
    const names = [...Object.keys(SECRETS).map((name) => `TF_VAR_${name}`), "ANTHROPIC_API_KEY"];
    for (const name of names) process.env[name] = sentinel;
    try {
      const outdir = temporaryFolder();
      const app = new App({ outdir, stackTraces: false });
      new PlatformStack(app, { config: platformConfig() });
      app.synth();
      const files = readdirSync(outdir, { recursive: true, encoding: "utf8" }).map((name) =>
        join(outdir, name),
      );
      const texts = files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file, "utf8"));
      expect(texts.length).toBeGreaterThan(1);
      for (const text of texts) expect(text).not.toContain(sentinel);
      expect(texts.join()).toContain("${var.gateway_master_key}");
    } finally {
      for (const name of names) delete process.env[name];
    }
  });
});
