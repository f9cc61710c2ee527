import { readdirSync } from "node:fs";
import { join } from "node:path";
import { App, Testing } from "cdktf";
import { loadPlatform, PlatformStack } from "../../constructs";
import { PROJECT } from "../support/source-files";

const files = [
  "platform.example.yaml",
  ...readdirSync(join(PROJECT, "examples")).map((name) => `examples/${name}/platform.yaml`),
];

describe("examples", () => {
  it.each(files)("%s synthesizes and keeps every rule", (file) => {
    const stack = new PlatformStack(Testing.stubVersion(new App({ stackTraces: false })), {
      config: loadPlatform(join(PROJECT, file), { env: {} }),
    });
    expect(() => Testing.fullSynth(stack)).not.toThrow();
  });
});
