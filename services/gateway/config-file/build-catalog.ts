import { ConfigError } from "../../shared/config-error";
import type { TokenPrices } from "../pricing/cost";
import { findListPrices } from "../pricing/price-list";
import type { Deployment, ModelCatalog, SkippedDeployment } from "../routing/deployment";
import { Secret } from "../secret";
import { WITHOUT_EFFECT } from "./known-settings";
import type { ConfigFile, ModelEntry } from "./schema";

/** Anthropic's own address, used when neither the file nor the environment names another. */
const ANTHROPIC_API_BASE = "https://api.anthropic.com";

/** The models of a file, and what its reader should be told at the start. */
export interface BuiltCatalog {
  readonly catalog: ModelCatalog;
  readonly notices: readonly string[];
  /** Deployments of the file that cannot be used. */
  readonly skipped: readonly SkippedDeployment[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Resolves `os.environ/NAME`, leaves out what cannot be used, and says so.
 * @param anthropicBaseUrl takes the place of Anthropic's own address, not of another `api_base`
 * @throws ConfigError for an `api_base` from the environment that is no URL
 */
export function buildCatalog(file: ConfigFile, env: Environment, anthropicBaseUrl?: string): BuiltCatalog {
  const notices: string[] = noticesAboutSettings(file);
  const skipped: SkippedDeployment[] = [];
  const groups = new Map<string, Deployment[]>();
  const entries = file.model_list.map((entry, index) => ({ entry, index }));
  // A stable sort: entries without an order keep their place, after those with one.
  entries.sort(
    (a, b) =>
      (a.entry.litellm_params.order ?? Infinity) - (b.entry.litellm_params.order ?? Infinity) ||
      a.index - b.index,
  );
  const places = new Map<string, number>();
  for (const { entry } of entries) {
    const name = entry.model_name;
    const place = places.get(name) ?? 0;
    places.set(name, place + 1);
    const id = `${name}/${place}`;
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    const result = buildDeployment(id, entry, env, anthropicBaseUrl);
    if (typeof result === "string") {
      const upstreamModel = entry.litellm_params.model;
      notices.push(`deployment ${id} (${upstreamModel}) is not used: ${result}`);
      skipped.push({ id, modelName: name, upstreamModel, error: result });
      continue;
    }
    group.push(result);
    if (result.prices === undefined)
      notices.push(`deployment ${id} has no price: its requests are recorded without a cost`);
  }
  for (const [name, group] of groups)
    if (group.length === 0) notices.push(`model ${name} cannot be used: no deployment is available`);
  const settings = file.litellm_settings;
  return {
    catalog: {
      groups,
      mayDropParams: settings?.drop_params ?? false,
      maxEndUserBudgetNano: settings?.max_end_user_budget,
    },
    notices,
    skipped,
  };
}

/** @returns the deployment, or why it cannot be used */
function buildDeployment(
  id: string,
  entry: ModelEntry,
  env: Environment,
  anthropicBaseUrl: string | undefined,
): Deployment | string {
  const params = entry.litellm_params;
  if (params.model.startsWith("bedrock/")) return "bedrock is not supported yet";
  const variable = params.api_key === undefined ? "ANTHROPIC_API_KEY" : variableOf(params.api_key);
  const apiKey = env[variable];
  if (apiKey === undefined || apiKey === "") return `${variable} is not set`;
  const upstreamModel = params.model.slice("anthropic/".length);
  return {
    id,
    modelName: entry.model_name,
    upstreamModel,
    baseUrl: resolveBaseUrl(id, params.api_base, env, anthropicBaseUrl),
    apiKey: new Secret(apiKey),
    maxOutputTokens: entry.model_info?.max_output_tokens ?? entry.model_info?.max_tokens,
    prices: readPrices(entry) ?? findListPrices(upstreamModel, Date.now()),
  };
}

function resolveBaseUrl(
  id: string,
  apiBase: string | undefined,
  env: Environment,
  override: string | undefined,
): string {
  const value = apiBase?.startsWith("os.environ/") ? env[variableOf(apiBase)] : apiBase;
  const url = (value || ANTHROPIC_API_BASE).replace(/\/+$/, "");
  if (!/^https?:\/\/[^/]/.test(url)) {
    throw new ConfigError([
      `api_base of deployment ${id}: the variable it names must hold an http or https URL`,
    ]);
  }
  return url === ANTHROPIC_API_BASE ? (override ?? url) : url;
}

/** Cache prices left out count as the plain input price for reads, and as 1.25 times it for writes, Anthropic's rule. */
function readPrices({ model_info: info }: ModelEntry): TokenPrices | undefined {
  if (info?.input_cost_per_token === undefined || info.output_cost_per_token === undefined) return undefined;
  return {
    inputPicoUsd: info.input_cost_per_token,
    outputPicoUsd: info.output_cost_per_token,
    cacheReadPicoUsd: info.cache_read_input_token_cost ?? info.input_cost_per_token,
    cacheWritePicoUsd: info.cache_creation_input_token_cost ?? Math.ceil((info.input_cost_per_token * 5) / 4),
  };
}

function variableOf(reference: string): string {
  return reference.slice("os.environ/".length);
}

function noticesAboutSettings(file: ConfigFile): string[] {
  const sections = ["general_settings", "litellm_settings", "router_settings"] as const;
  return sections.flatMap((section) => {
    const present: Record<string, unknown> = file[section] ?? {};
    return WITHOUT_EFFECT[section]
      .filter((name) => present[name] !== undefined)
      .map((name) => `${section}.${name} has no effect yet`);
  });
}
