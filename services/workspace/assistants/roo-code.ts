import { rm } from "node:fs/promises";
import { join } from "node:path";
import { toJson, writeAtomically } from "../container/atomic-file";
import { readBuiltInExtension } from "../container/built-in-extension";
import type { Places } from "../container/places";
import type { Assistant, AssistantSettings } from "./assistant";

const PROFILE = "litellm";
const PROFILE_ID = "litellm-default";
const MODES = ["architect", "code", "ask", "debug", "orchestrator"] as const;

/** The file that the extension imports whenever it starts, see `editor/settings.ts`. */
export const importFile = ({ home }: Pick<Places, "home">): string =>
  join(home, ".config/roo-code/settings.json");

/** Roo Code and Zoo Code, its successor, which has kept the form of the file. */
export const ROO_CODE: Assistant = {
  name: "Roo Code",
  choices: ["roo-code", "zoo-code"],
  async configure(settings) {
    const extension = await readBuiltInExtension(settings.places);
    await writeAtomically(
      importFile(settings.places),
      toJson(rooSettings(settings, extension?.announcementId)),
      { mode: 0o600, folderMode: 0o700 },
    );
  },
  async remove(places) {
    await rm(importFile(places), { force: true });
  },
};

/**
 * The import file. A profile with a key keeps the extension from asking for an account, the id of its newest announcement from covering its
 * panel. What it may do without asking is the user's: each start of the extension would set it back.
 */
export function rooSettings(settings: AssistantSettings, announcementId: string | undefined) {
  const { gatewayUrl, key, model, level, instructions } = settings;
  return {
    providerProfiles: {
      currentApiConfigName: PROFILE,
      apiConfigs: {
        [PROFILE]: {
          id: PROFILE_ID,
          apiProvider: "openai",
          openAiBaseUrl: `${gatewayUrl}/v1`,
          openAiApiKey: key,
          openAiModelId: model,
          openAiStreamingEnabled: true,
          includeMaxTokens: true,
          openAiCustomModelInfo: {
            maxTokens: 8192,
            contextWindow: 200_000,
            supportsImages: true,
            supportsPromptCache: true,
          },
        },
      },
      // The extension's own profile, which is empty, is what its modes refer to at first.
      modeApiConfigs: Object.fromEntries(MODES.map((mode) => [mode, PROFILE_ID])),
    },
    globalSettings: {
      mode: level === "design-first" ? "architect" : "code",
      telemetrySetting: "disabled",
      ...(instructions === "" ? {} : { customInstructions: instructions }),
      ...(announcementId === undefined ? {} : { lastShownAnnouncementId: announcementId }),
    },
  };
}
