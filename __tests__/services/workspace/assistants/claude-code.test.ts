import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLAUDE_CODE } from "../../../../services/workspace/assistants/claude-code";
import { testPlaces } from "../../../support/workspace/places";

const settings = () => ({
  places: testPlaces(),
  gatewayUrl: "http://litellm:4000",
  key: "sk-1",
  model: "claude-opus-4-5",
  models: [
    { name: "claude-sonnet-4-5", displayName: "Sonnet" },
    { name: "claude-haiku-4-5", displayName: "Haiku" },
  ],
  level: "standard",
  instructions: "",
});

describe("the settings of Claude Code", () => {
  it("name the gateway and a model for each family, without the key", async () => {
    const all = settings();
    await CLAUDE_CODE.configure(all);
    const text = readFileSync(join(all.places.state, "claude-code.json"), "utf8");
    expect(JSON.parse(text)).toEqual({
      env: {
        ANTHROPIC_BASE_URL: "http://litellm:4000",
        ANTHROPIC_MODEL: "claude-opus-4-5",
        ANTHROPIC_DEFAULT_HAIKU_MODEL: "claude-haiku-4-5",
        ANTHROPIC_DEFAULT_SONNET_MODEL: "claude-sonnet-4-5",
        ANTHROPIC_DEFAULT_OPUS_MODEL: "claude-opus-4-5",
      },
    });
  });

  it("spare the user the choice of an account, once, and leave the program's own file otherwise", async () => {
    const all = settings();
    const file = join(all.places.home, ".claude.json");
    await CLAUDE_CODE.configure(all);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ hasCompletedOnboarding: true });
    for (const text of ['{"hasCompletedOnboarding":false,"x":1}', "not JSON"]) {
      writeFileSync(file, text);
      await CLAUDE_CODE.configure(all);
      expect(readFileSync(file, "utf8")).toBe(text);
    }
    writeFileSync(file, '{"x":1}');
    await CLAUDE_CODE.configure(all);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ x: 1, hasCompletedOnboarding: true });
  });
});
