import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AssistantSettings } from "../../../../services/workspace/assistants/assistant";
import { OPENCODE } from "../../../../services/workspace/assistants/opencode";
import type { Places } from "../../../../services/workspace/container/places";
import { testPlaces } from "../../../support/workspace/places";

const MODELS = [
  { name: "claude-sonnet-4-5", displayName: "Sonnet" },
  { name: "claude-haiku-4-5", displayName: "Haiku" },
];

let places: Places;
let file: string;
beforeEach(() => {
  places = testPlaces();
  file = join(places.home, ".config/opencode/opencode.json");
  mkdirSync(dirname(file), { recursive: true });
});

const settings = (change: Partial<AssistantSettings> = {}): AssistantSettings => ({
  places,
  gatewayUrl: "http://litellm:4000",
  key: "sk-1",
  model: "claude-sonnet-4-5",
  models: MODELS,
  level: "standard",
  instructions: "",
  ...change,
});
const written = () => JSON.parse(readFileSync(file, "utf8"));

describe("opencode.json", () => {
  it("has the gateway and its models, and the key by its file", async () => {
    await OPENCODE.configure(settings());
    expect(written()).toEqual({
      $schema: "https://opencode.ai/config.json",
      provider: {
        litellm: {
          npm: "@ai-sdk/openai-compatible",
          name: "AI gateway",
          options: {
            baseURL: "http://litellm:4000/v1",
            apiKey: `{file:${join(places.home, ".config/ai-gateway/key")}}`,
          },
          models: {
            "claude-sonnet-4-5": { name: "Sonnet", limit: { context: 200_000, output: 64_000 } },
            "claude-haiku-4-5": { name: "Haiku", limit: { context: 200_000, output: 64_000 } },
          },
        },
      },
      model: "litellm/claude-sonnet-4-5",
      small_model: "litellm/claude-haiku-4-5",
    });
    expect(readFileSync(join(places.state, "openai-base-url"), "utf8")).toBe("http://litellm:4000/v1");
  });

  it("offers the chosen model also where the list has left it out, and asks it for titles where nothing is smaller", async () => {
    await OPENCODE.configure(settings({ model: "other", models: [{ name: "a", displayName: "A" }] }));
    expect(Object.keys(written().provider.litellm.models)).toEqual(["a", "other"]);
    expect(written().small_model).toBe("litellm/other");
  });

  it("keeps what the user has added, and nothing of an earlier start", async () => {
    writeFileSync(file, JSON.stringify({ theme: "mine", provider: { litellm: { models: { gone: {} } } } }));
    await OPENCODE.configure(settings());
    expect(written().theme).toBe("mine");
    expect(Object.keys(written().provider.litellm.models)).toEqual(MODELS.map(({ name }) => name));
    await OPENCODE.remove(places);
    expect(written()).toEqual({ $schema: "https://opencode.ai/config.json", theme: "mine" });
  });

  it("that cannot be read is put aside", async () => {
    writeFileSync(file, "{ // mine");
    await OPENCODE.configure(settings());
    expect(written().model).toBe("litellm/claude-sonnet-4-5");
    expect(readFileSync(`${file}.unreadable`, "utf8")).toBe("{ // mine");
  });

  it("goes with the assistant where nothing else is in it; without one there is nothing to do", async () => {
    await OPENCODE.remove(places);
    await OPENCODE.configure(settings());
    await OPENCODE.remove(places);
    expect(existsSync(file)).toBe(false);
  });
});
