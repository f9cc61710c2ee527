import { ConfigError } from "../../shared/config-error";
import type { Environment } from "../../shared/secret-files";
import { type CallbackNames, ENFORCEMENT } from "../admin/models";
import { EnforcementLevels, LevelSettingsError } from "../enforcement/levels";
import type { TokenPrices } from "../money/pricing/cost";
import { findListPrices, usPriceOf } from "../money/pricing/price-list";
import {
  DEFAULT_ROUTING,
  type Deployment,
  type DeploymentTimeouts,
  type ModelCatalog,
  type ModelDetails,
  type RoutingSettings,
  type SkippedDeployment,
} from "../providers/deployment";
import { LONG_PROMPT_TIERS, type ModelEntry, SHOWN_INFO, WITHOUT_EFFECT } from "./model-entry";
import { readAnthropicAccess, readBedrockTarget, resolveText } from "./provider-access";
import type { ConfigFile } from "./schema";

/** Anthropic's own address, used when neither the file nor the environment names another. */
const ANTHROPIC_API_BASE = "https://api.anthropic.com";

/** The models of a file, and what its reader should be told at the start. */
export interface BuiltCatalog {
  readonly catalog: ModelCatalog;
  readonly notices: readonly string[];
  /** Deployments of the file that cannot be used. */
  readonly skipped: readonly SkippedDeployment[];
}

/** What the file itself does not say. */
export interface CatalogOrigin {
  readonly env: Environment;
  /** Takes the place of Anthropic's own address, not of another `api_base`. @default - Anthropic's own */
  readonly anthropicBaseUrl?: string | undefined;
  /** The list prices of this moment hold, in milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Resolves `os.environ/NAME`, leaves out what cannot be used, and says so.
 * @throws ConfigError for an `api_base` from the environment that is no URL
 */
export function buildCatalog(file: ConfigFile, origin: CatalogOrigin): BuiltCatalog {
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
  const ids = new Set<string>();
  for (const { entry } of entries) {
    const name = entry.model_name;
    const place = places.get(name) ?? 0;
    places.set(name, place + 1);
    const id = entry.model_info?.id ?? `${name}/${place}`;
    if (ids.has(id))
      throw new ConfigError([`model_info.id ${id} is used twice; give each deployment its own`]);
    ids.add(id);
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    const result = buildDeployment(id, entry, file, origin);
    if (typeof result === "string") {
      const upstreamModel = entry.litellm_params.model;
      notices.push(`deployment ${id} (${upstreamModel}) is not used: ${result}`);
      skipped.push({ id, modelName: name, upstreamModel, error: result });
      continue;
    }
    group.push(result);
    notices.push(...noticesAboutParams(id, entry.litellm_params));
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
      routing: readRoutingSettings(file),
    },
    notices,
    skipped,
  };
}

/** @returns the deployment, or why it cannot be used */
function buildDeployment(
  id: string,
  entry: ModelEntry,
  file: ConfigFile,
  origin: CatalogOrigin,
): Deployment | string {
  const params = entry.litellm_params;
  const target = readTarget(params, origin);
  if (typeof target === "string") return target;
  const { access, upstreamModel, baseUrl } = target;
  const baseModel = entry.model_info?.base_model?.replace(/^(?:anthropic|bedrock)\//, "");
  const prices = readPrices(entry.model_info) ?? findListPrices(pricedAs(target, baseModel), origin.nowMs);
  // On Bedrock the region is part of the model's name, and of its price.
  const usPrice = access.provider === "anthropic" ? usPriceOf(baseModel ?? upstreamModel) : {};
  return {
    id,
    modelName: entry.model_name,
    upstreamModel,
    baseModel,
    baseUrl: resolveBaseUrl(id, params.api_base, origin.env) ?? baseUrl,
    access,
    maxOutputTokens: entry.model_info?.max_output_tokens ?? entry.model_info?.max_tokens,
    maxInputTokens: entry.model_info?.max_input_tokens,
    prices:
      prices === undefined ? undefined : { ...usPrice, ...prices, ...readExtraPrices(entry.model_info) },
    timeouts: readTimeouts(params, file),
    maxRetries: params.max_retries,
    info: readDetails(entry.model_info),
  };
}

/** By whose list price a deployment is paid. On Bedrock a base model without its region costs what regions cost. */
function pricedAs(
  { access, upstreamModel }: Pick<Deployment, "access" | "upstreamModel">,
  baseModel: string | undefined,
): string {
  if (baseModel === undefined) return upstreamModel;
  const isListed = access.provider === "anthropic" || baseModel.includes("anthropic.");
  return isListed ? baseModel : `anthropic.${baseModel}`;
}

/** @returns `undefined` when the entry says nothing that is shown as it stands */
function readDetails(info: ModelEntry["model_info"]): ModelDetails | undefined {
  const entries = SHOWN_INFO.flatMap((name) => {
    const value = info?.[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function readTarget(
  params: ModelEntry["litellm_params"],
  { env, anthropicBaseUrl }: CatalogOrigin,
): Pick<Deployment, "access" | "upstreamModel" | "baseUrl"> | string {
  if (params.model.startsWith("bedrock/")) return readBedrockTarget(params, env);
  const access = readAnthropicAccess(params, env);
  if (typeof access === "string") return access;
  const upstreamModel = params.model.slice("anthropic/".length);
  return { access, upstreamModel, baseUrl: anthropicBaseUrl ?? ANTHROPIC_API_BASE };
}

/** @returns `undefined` for the provider's own address */
function resolveBaseUrl(id: string, apiBase: string | undefined, env: Environment): string | undefined {
  const url = resolveText(apiBase, env)?.replace(/\/+$/, "");
  if (url === undefined || url === ANTHROPIC_API_BASE) return undefined;
  if (/^https?:\/\/[^/]/.test(url)) return url;
  throw new ConfigError([
    `api_base of deployment ${id}: the variable it names must contain an http or https URL`,
  ]);
}

function noticesAboutParams(id: string, params: Readonly<Record<string, unknown>>): string[] {
  return WITHOUT_EFFECT.litellm_params
    .filter((name) => params[name] !== undefined)
    .map((name) => `litellm_params.${name} of deployment ${id} has no effect yet`);
}

function noticesAboutSettings(file: ConfigFile): string[] {
  const sections = ["general_settings", "litellm_settings", "router_settings"] as const;
  return sections.flatMap((section) => {
    const present: Record<string, unknown> = { ...file[section] };
    // What it stands for is built in and in force.
    if (readCallbackNames(file).both.every((name) => name === ENFORCEMENT)) delete present["callbacks"];
    return WITHOUT_EFFECT[section]
      .filter((name) => present[name] !== undefined)
      .map((name) => `${section}.${name} has no effect yet`);
  });
}

type ModelInfo = NonNullable<ModelEntry["model_info"]>;

/**
 * Prices of `model_info`, in LiteLLM's names. Cache prices left out follow Anthropic's rules: writes are 1.25
 * times the input price for 5 minutes and twice for an hour; reads count as plain input, which is never too low.
 * A tier takes what it does not say from the tier below.
 * @returns `undefined` when the entry names no price
 */
export function readPrices(info: ModelInfo | undefined): TokenPrices | undefined {
  if (info?.input_cost_per_token === undefined || info.output_cost_per_token === undefined) return undefined;
  const input = info.input_cost_per_token;
  const base: TokenPrices = {
    inputPicoUsd: input,
    outputPicoUsd: info.output_cost_per_token,
    cacheReadPicoUsd: info.cache_read_input_token_cost ?? input,
    cacheWritePicoUsd: info.cache_creation_input_token_cost ?? Math.ceil((input * 5) / 4),
    cacheWrite1hPicoUsd: info.cache_creation_input_token_cost_above_1hr ?? input * 2,
  };
  const tiers = LONG_PROMPT_TIERS.filter(({ suffix }) => info[`input_cost_per_token${suffix}`] !== undefined);
  return stack(base, tiers, info);
}

/** Prices of `model_info` for what is billed beside tokens; they hold with prices of a list, too. */
export function readExtraPrices(
  info: ModelInfo | undefined,
): Pick<TokenPrices, "webSearchNanoUsd" | "usPercent"> {
  const search = Object.values(info?.search_context_cost_per_query ?? {}).filter(
    (cost) => cost !== undefined,
  );
  const us = info?.provider_specific_entry?.us;
  return {
    // Which size a search had is not reported.
    ...(search.length === 0 ? {} : { webSearchNanoUsd: Math.max(...search) }),
    ...(us === undefined ? {} : { usPercent: Math.ceil(Number((us * 100).toFixed(6))) }),
  };
}

function stack(
  base: TokenPrices,
  [tier, ...higher]: readonly (typeof LONG_PROMPT_TIERS)[number][],
  info: ModelInfo,
): TokenPrices {
  if (tier === undefined) return base;
  const { suffix, aboveTokens } = tier;
  const input = info[`input_cost_per_token${suffix}`] ?? base.inputPicoUsd;
  /** Cache prices move with the input price. */
  const scaled = (price: number) =>
    base.inputPicoUsd === 0 ? price : Math.ceil((price * input) / base.inputPicoUsd);
  const prices: TokenPrices = {
    inputPicoUsd: input,
    outputPicoUsd: info[`output_cost_per_token${suffix}`] ?? base.outputPicoUsd,
    cacheReadPicoUsd: info[`cache_read_input_token_cost${suffix}`] ?? scaled(base.cacheReadPicoUsd),
    cacheWritePicoUsd: info[`cache_creation_input_token_cost${suffix}`] ?? scaled(base.cacheWritePicoUsd),
    cacheWrite1hPicoUsd:
      info[`cache_creation_input_token_cost_above_1hr${suffix}`] ??
      scaled(base.cacheWrite1hPicoUsd ?? base.cacheWritePicoUsd),
  };
  return { ...base, longPrompt: { aboveTokens, prices: stack(prices, higher, info) } };
}

/**
 * The levels of a file.
 * @param fallback `DEFAULT_ENFORCEMENT_LEVEL`; counts where the file has no `default_level`
 * @throws ConfigError when the fallback is no level
 */
export function buildLevels(
  { enforcement_settings: settings }: ConfigFile,
  fallback?: string,
): EnforcementLevels {
  try {
    return new EnforcementLevels({ ...settings, defaultLevel: settings?.defaultLevel ?? fallback });
  } catch (error) {
    // The file's own values were checked when it was read.
    if (!(error instanceof LevelSettingsError)) throw error;
    throw new ConfigError(
      error.faults.map(
        ({ problem }) => `DEFAULT_ENFORCEMENT_LEVEL: ${problem}; correct it, or remove it for standard`,
      ),
    );
  }
}

/**
 * `router_settings` in LiteLLM's names: retries beside the first attempt, seconds. Where they say nothing of retries,
 * `litellm_settings` does.
 */
export function readRoutingSettings(file: ConfigFile): RoutingSettings {
  const settings = file.router_settings ?? {};
  const { allowed_fails: allowedFails, cooldown_time: seconds } = settings;
  const retries = settings.num_retries ?? file.litellm_settings?.num_retries;
  return {
    ...DEFAULT_ROUTING,
    ...(retries === undefined ? {} : { maxAttempts: retries + 1 }),
    ...(allowedFails === undefined ? {} : { allowedFails }),
    ...(seconds === undefined ? {} : { coolDownMs: seconds * 1000 }),
    ...(settings.disable_cooldowns === true ? { coolDownMs: 0 } : {}),
  };
}

/** Time limits of a deployment, with LiteLLM's precedence: its own ones, the router's, those for all. @returns `undefined` without any */
export function readTimeouts(
  { timeout, stream_timeout: streamTimeout }: ModelEntry["litellm_params"],
  { router_settings: router, litellm_settings: all }: ConfigFile,
): DeploymentTimeouts | undefined {
  const firstEventMs = streamTimeout ?? router?.stream_timeout;
  const wholeMs = timeout ?? router?.timeout ?? all?.request_timeout;
  return firstEventMs === undefined && wholeMs === undefined ? undefined : { firstEventMs, wholeMs };
}

/** The callbacks that a file names. What is no name is left out: the settings are only shown. */
export function readCallbackNames(file: ConfigFile): CallbackNames {
  const settings: Record<string, unknown> = file.litellm_settings ?? {};
  const names = (setting: string) =>
    [settings[setting] ?? []].flat().filter((name): name is string => typeof name === "string");
  return {
    success: names("success_callback"),
    failure: names("failure_callback"),
    both: names("callbacks"),
  };
}
