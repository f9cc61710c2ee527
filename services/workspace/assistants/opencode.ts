import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { readIfPresent, toJson, writeAtomically } from "../container/atomic-file";
import { keyFile, type Places } from "../container/places";
import type { Assistant, AssistantSettings } from "./assistant";
import { modelOfFamily } from "./role-models";

const PROVIDER = "litellm";
/** What every model of the gateway is taken to have; OpenCode shortens a conversation before it is longer. */
const LIMIT = { context: 200_000, output: 64_000 };
const PROVIDER_PACKAGE = "@ai-sdk/openai-compatible";

const configFile = ({ home }: Pick<Places, "home">) => join(home, ".config/opencode/opencode.json");
/** Base URL that the policy in /etc/opencode refers to, so that no project can send the key elsewhere. */
const baseUrlFile = ({ state }: Pick<Places, "state">) => join(state, "openai-base-url");

/** OpenCode. What users may not change is in `/etc/opencode/opencode.json`; this is what they may. */
export const OPENCODE: Assistant = {
  name: "OpenCode",
  choices: ["opencode"],
  async configure(settings) {
    const { places, gatewayUrl } = settings;
    await writeAtomically(baseUrlFile(places), `${gatewayUrl}/v1`);
    const file = configFile(places);
    await writeAtomically(file, toJson({ ...(await readOwn(file)), ...openCodeSettings(settings) }));
    await linkProviderPackage(places, file);
  },
  async remove(places) {
    const file = configFile(places);
    const { provider: _, model: __, small_model: ___, ...own } = await readOwn(file);
    if (Object.keys(own).some((name) => name !== "$schema")) await writeAtomically(file, toJson(own));
    else await rm(file, { force: true });
  },
};

/** The part of the file that is ours; the user's other settings stay. */
export function openCodeSettings({ places, gatewayUrl, model, models }: AssistantSettings) {
  const offered = models.some(({ name }) => name === model)
    ? models
    : [...models, { name: model, displayName: model }];
  const small = modelOfFamily("haiku", { model, models }) ?? model;
  return {
    $schema: "https://opencode.ai/config.json",
    provider: {
      [PROVIDER]: {
        npm: PROVIDER_PACKAGE,
        name: "AI gateway",
        options: { baseURL: `${gatewayUrl}/v1`, apiKey: `{file:${keyFile(places)}}` },
        models: Object.fromEntries(
          offered.map(({ name, displayName }) => [name, { name: displayName, limit: LIMIT }]),
        ),
      },
    },
    model: `${PROVIDER}/${model}`,
    // Titles are asked of it; without it, of the large one.
    small_model: `${PROVIDER}/${small}`,
  };
}

/** The user's settings in the file. One that is no JSON is kept under another name, as OpenCode would not start with it. */
async function readOwn(file: string): Promise<Record<string, unknown>> {
  const text = await readIfPresent(file);
  if (text === undefined) return {};
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    await rename(file, `${file}.unreadable`);
    return {};
  }
}

/** OpenCode has the package built in; it is here for whoever looks where it was installed in earlier times. */
async function linkProviderPackage({ image }: Places, file: string): Promise<void> {
  const link = join(dirname(file), "node_modules", PROVIDER_PACKAGE);
  await mkdir(dirname(link), { recursive: true });
  try {
    await symlink(join(image, "assistants/node_modules", PROVIDER_PACKAGE), link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
