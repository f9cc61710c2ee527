import { z } from "zod";
import { Access, Admin, Exposure, Ports } from "./sections/access";
import { Enforcement, findLevelFaults } from "./sections/enforcement";
import { GatewaySettings } from "./sections/gateway";
import { Retention, Scopes } from "./sections/governance";
import { Guardrails } from "./sections/guardrails";
import { Images } from "./sections/images";
import { Models, Providers } from "./sections/models";
import { Networks, Resources } from "./sections/runtime";

/** Value of `apiVersion`. A new one comes with a migration. */
export const API_VERSION = "sluice/v1";

const Shape = z
  .strictObject({
    apiVersion: z.literal(API_VERSION).describe("Format version of this file."),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,23}$/, { error: "must be 1 to 24 lower-case letters, digits and dashes" })
      .default("sluice")
      .describe("Prefix of every container, network, volume and image."),
    access: Access,
    exposure: Exposure,
    ports: Ports,
    gateway: GatewaySettings,
    admin: Admin,
    providers: Providers,
    models: Models,
    scopes: Scopes,
    enforcement: Enforcement,
    guardrails: Guardrails,
    retention: Retention,
    images: Images,
    resources: Resources,
    networks: Networks,
  })
  .meta({
    title: "Sluice platform",
    description: "What platform.yaml may say. Everything but apiVersion has a default.",
  });

type Shape = z.infer<typeof Shape>;

function reportDuplicates(
  values: [path: (string | number)[], value: string | number | undefined][],
  what: string,
  context: z.core.$RefinementCtx,
) {
  const first = new Map<string | number, string>();
  for (const [path, value] of values) {
    if (value === undefined) continue;
    const other = first.get(value);
    if (other === undefined) first.set(value, path.join("."));
    else
      context.addIssue({
        code: "custom",
        path,
        input: value,
        message: `is the same ${what} as ${other}; give each its own`,
      });
  }
}

/** Rules that span sections. They also run on a file with other faults, so every part may be absent or wrong. */
function checkAcrossSections(platform: Partial<Shape>, context: z.core.$RefinementCtx) {
  reportDuplicates(
    Object.entries(platform.ports ?? {}).map(([name, port]) => [["ports", name], port]),
    "port",
    context,
  );
  reportDuplicates(
    (platform.models ?? []).map((model, index) => [["models", index, "name"], model.name]),
    "model name",
    context,
  );
  reportDuplicates(
    Object.entries(platform.networks ?? {}).map(([name, network]) => [
      ["networks", name, "subnet"],
      network.subnet,
    ]),
    "subnet",
    context,
  );
  for (const { path, input, message } of findLevelFaults(platform.enforcement)) {
    context.addIssue({ code: "custom", path: ["enforcement", ...path], input, message });
  }
  const providers = Object.keys(platform.providers ?? {});
  for (const [index, model] of (platform.models ?? []).entries()) {
    for (const [position, { provider }] of (model.deployments ?? []).entries()) {
      if (provider === undefined || providers.includes(provider)) continue;
      context.addIssue({
        code: "custom",
        path: ["models", index, "deployments", position, "provider"],
        input: provider,
        message: `is not a provider; providers has ${providers.join(", ") || "none"}`,
      });
    }
  }
}

const acrossSections = z.superRefine<Shape>((platform, context) => {
  if (typeof platform === "object" && platform !== null) checkAcrossSections(platform, context);
});
// Without this a single wrong value elsewhere would hide these findings until the next try.
acrossSections._zod.def.when = () => true;

/** platform.yaml: one source for types, defaults, the editor's JSON Schema and the error texts. */
export const PlatformSchema = Shape.check(acrossSections);

/** The whole configuration, defaults filled in. */
export type PlatformConfig = z.output<typeof Shape>;
/** One model of the configuration. */
export type ModelConfig = PlatformConfig["models"][number];
/** Levels of the configuration, and who has which. */
export type EnforcementConfig = PlatformConfig["enforcement"];
/** One provider of the configuration. */
export type ProviderConfig = PlatformConfig["providers"][string];
