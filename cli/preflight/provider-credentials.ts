import type { PlatformConfig } from "../../constructs/config/schema";
import { credentialNames } from "../../constructs/gateway-config";

/** Which models the gateway can answer with. */
export interface UsableModels {
  readonly usable: readonly string[];
  readonly unusable: readonly { readonly model: string; readonly missing: readonly string[] }[];
}

/**
 * Tells models by whether a provider of theirs has its credentials.
 * @param secrets values by the names of the Terraform variables
 */
export function usableModels(
  { models, providers }: Pick<PlatformConfig, "models" | "providers">,
  secrets: Readonly<Record<string, string>>,
): UsableModels {
  const missingOf = (provider: string) => {
    const config = providers[provider];
    if (config === undefined) return [];
    // A session token is only there for temporary credentials.
    const optional = config.kind === "bedrock" ? config.sessionTokenEnv : undefined;
    return credentialNames({ [provider]: config }).filter(
      (name) => name !== optional && !secrets[name.toLowerCase()],
    );
  };
  const usable: string[] = [];
  const unusable: { model: string; missing: string[] }[] = [];
  for (const { name, deployments } of models) {
    const missing = deployments.map(({ provider }) => missingOf(provider));
    if (missing.some((names) => names.length === 0)) usable.push(name);
    else unusable.push({ model: name, missing: [...new Set(missing.flat())] });
  }
  return { usable, unusable };
}

/** What is missing and what follows from it; undefined when every model can be used. */
export function describeUnusable({ usable, unusable }: UsableModels): string | undefined {
  if (unusable.length === 0) return undefined;
  const names = [...new Set(unusable.flatMap(({ missing }) => missing))];
  const models = unusable.map(({ model }) => model).join(", ");
  const who = usable.length === 0 ? "no model can be used" : `${models} cannot be used`;
  return `${who}: ${names.join(", ")} ${names.length === 1 ? "has" : "have"} no value\n  → export ${names.map((name) => `${name}=…`).join(" ")} and deploy again; the value is kept in the secrets file`;
}
