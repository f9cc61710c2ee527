import { readFileSync, statSync, writeFileSync } from "node:fs";
import { globalSettingsSchema, providerSettingsWithIdSchema } from "@roo-code/types";
import type { AssistantSettings } from "../../../../services/workspace/assistants/assistant";
import { importFile, ROO_CODE, rooSettings } from "../../../../services/workspace/assistants/roo-code";
import { extensionRecord } from "../../../../services/workspace/container/built-in-extension";
import { testPlaces } from "../../../support/workspace/places";

const settings = (): AssistantSettings => ({
  places: testPlaces(),
  gatewayUrl: "http://litellm:4000",
  key: "sk-1",
  model: "claude-sonnet-4-5",
  models: [{ name: "claude-sonnet-4-5", displayName: "Sonnet" }],
  level: "standard",
  instructions: 'Say "hello"\nand more',
});

describe("the import file of Roo Code", () => {
  it.each(["standard", "design-first", "unrestricted"])(
    "at the level %s is taken by its own schemas, and nothing of it is dropped",
    (level) => {
      const { providerProfiles, globalSettings } = rooSettings({ ...settings(), level }, "announcement");
      const profile = providerProfiles.apiConfigs.litellm;
      expect(providerSettingsWithIdSchema.strict().parse(profile)).toEqual(profile);
      expect(globalSettingsSchema.strict().parse(globalSettings)).toEqual(globalSettings);
    },
  );

  it("names the profile in every mode, so that none asks for an account", () => {
    const { providerProfiles } = rooSettings(settings(), undefined);
    expect(providerProfiles.currentApiConfigName).toBe("litellm");
    expect(new Set(Object.values(providerProfiles.modeApiConfigs))).toEqual(new Set(["litellm-default"]));
    expect(Object.keys(providerProfiles.modeApiConfigs)).toEqual([
      "architect",
      "code",
      "ask",
      "debug",
      "orchestrator",
    ]);
    expect(providerProfiles.apiConfigs.litellm).toMatchObject({
      id: "litellm-default",
      apiProvider: "openai",
      openAiBaseUrl: "http://litellm:4000/v1",
      openAiApiKey: "sk-1",
      openAiModelId: "claude-sonnet-4-5",
    });
  });

  it("leaves to the user what may be done without asking", () => {
    const { globalSettings } = rooSettings(settings(), undefined);
    expect(Object.keys(globalSettings).filter((name) => /approv|allow/i.test(name))).toEqual([]);
  });

  it("is closed to others and knows the announcement of the extension in the image", async () => {
    const all = settings();
    writeFileSync(
      extensionRecord(all.places),
      JSON.stringify({ id: "rooveterinaryinc.roo-cline", version: "3.54.0", announcementId: "may-2026" }),
    );
    await ROO_CODE.configure(all);
    const file = importFile(all.places);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, "utf8")).globalSettings).toEqual({
      mode: "code",
      telemetrySetting: "disabled",
      customInstructions: 'Say "hello"\nand more',
      lastShownAnnouncementId: "may-2026",
    });
    await ROO_CODE.remove(all.places);
    expect(() => statSync(file)).toThrow("ENOENT");
  });
});
