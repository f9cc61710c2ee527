import { parse } from "yaml";
import { leaves, shown, transition } from "./attribute-values";

/** The file is made by us; anything with more aliases is not. */
const MAX_ALIASES = 100;

/** Members of `model_info` that are prices in USD per token, and what they are called. */
const PRICES: Readonly<Record<string, string>> = {
  input_cost_per_token: "input",
  output_cost_per_token: "output",
  cache_read_input_token_cost: "cache read",
  cache_creation_input_token_cost: "cache write (5 min)",
  cache_creation_input_token_cost_above_1hr: "cache write (1 h)",
};

/** Settings of the gateway's file by the words that `platform.yaml` and the documentation use. */
const NAMES: readonly (readonly [prefix: string, words: string])[] = [
  ["enforcement_settings.default_level", "default enforcement level"],
  ["enforcement_settings.minimum_by_scope.", "minimum enforcement level of scope "],
  ["enforcement_settings.levels", "enforcement levels"],
  ["guardrail_settings", "guardrails"],
];

interface Deployment {
  readonly model_name?: string;
  readonly litellm_params?: Readonly<Record<string, unknown>>;
  readonly model_info?: Readonly<Record<string, unknown>>;
}

/**
 * What differs between two settings files of a service, the gateway's `config.yaml` above all: models, prices, providers, levels, scopes.
 * Texts that are no YAML are compared by lines. An empty list means that they say the same.
 */
export function settingsChanges(before: string, after: string): string[] {
  const [old, young] = [parseSettings(before), parseSettings(after)];
  if (old === undefined || young === undefined) {
    return before === after ? [] : [`configuration: ${transition(before, after)}`];
  }
  const { model_list: oldModels, ...oldRest } = old;
  const { model_list: youngModels, ...youngRest } = young;
  return [
    ...modelChanges(deployments(oldModels), deployments(youngModels)),
    ...leaves(oldRest, youngRest).map(
      ({ path, before, after }) => `${named(path)}: ${transition(before, after)}`,
    ),
  ];
}

function parseSettings(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = parse(text, { maxAliasCount: MAX_ALIASES });
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function deployments(list: unknown): Map<string, Deployment[]> {
  const models = new Map<string, Deployment[]>();
  for (const deployment of Array.isArray(list) ? (list as Deployment[]) : []) {
    const name = String(deployment?.model_name ?? "(no name)");
    models.set(name, [...(models.get(name) ?? []), deployment ?? {}]);
  }
  return models;
}

function modelChanges(old: Map<string, Deployment[]>, young: Map<string, Deployment[]>): string[] {
  const texts: string[] = [];
  for (const [name, before] of old) {
    const after = young.get(name);
    if (after === undefined) texts.push(`model ${name} is removed: requests for it are refused`);
    else texts.push(...deploymentChanges(name, before, after));
  }
  for (const [name, added] of young) {
    if (old.has(name)) continue;
    texts.push(`model ${name} is new (${added.map(newPlace).join(", then ")}; ${prices(added[0])})`);
  }
  const kept = (names: Iterable<string>, others: Map<string, unknown>) =>
    [...names].filter((name) => others.has(name));
  const [before, after] = [kept(old.keys(), young), kept(young.keys(), old)];
  if (before.join("\n") !== after.join("\n")) texts.push(`order of models: ${after.join(", ")}`);
  return texts;
}

/** A model's deployments are compared in their order, in which they are asked. */
function deploymentChanges(
  name: string,
  before: readonly Deployment[],
  after: readonly Deployment[],
): string[] {
  const texts: string[] = [];
  for (let index = 0; index < Math.max(before.length, after.length); index += 1) {
    const [old, young] = [before[index], after[index]];
    const where = after.length > 1 && young !== undefined ? ` at ${place(young)}` : "";
    if (old === undefined) {
      texts.push(`model ${name}: also served by ${newPlace(young)} (${prices(young)})`);
    } else if (young === undefined) {
      texts.push(`model ${name}: no longer served by ${place(old)}`);
    } else {
      const changed = leaves(old, young);
      const money = changed.filter(({ path }) => priceName(path) !== undefined);
      if (money.length > 0) {
        const parts = money.map(
          ({ path, before, after }) => `${priceName(path)} ${perMillion(before)} → ${perMillion(after)}`,
        );
        texts.push(`price of ${name}${where}: ${parts.join(", ")} USD per million tokens`);
      }
      for (const { path, before, after } of changed) {
        if (priceName(path) !== undefined) continue;
        const setting = path.replace(/^(litellm_params|model_info)\./, "");
        const words = DEPLOYMENT_WORDS[setting] ?? setting.replaceAll("_", " ");
        texts.push(`model ${name}${where}: ${words} ${transition(plain(before), plain(after))}`);
      }
    }
  }
  return texts;
}

/** Settings of a deployment by the words of `platform.yaml`. */
const DEPLOYMENT_WORDS: Readonly<Record<string, string>> = {
  api_base: "base URL",
  api_key: "credential",
  aws_access_key_id: "access key ID",
  aws_secret_access_key: "secret access key",
  aws_session_token: "session token",
  aws_region_name: "region",
};

/** `os.environ/NAME` names a credential. */
function plain(value: unknown): unknown {
  return typeof value === "string" ? value.replace(/^os\.environ\//, "") : value;
}

function place(deployment: Deployment | undefined): string {
  return shown(deployment?.litellm_params?.["model"]);
}

/** A deployment that is new: also where its requests go. */
function newPlace(deployment: Deployment | undefined): string {
  const { api_base: url, aws_region_name: region } = deployment?.litellm_params ?? {};
  const where = url ?? region;
  return `${place(deployment)}${where === undefined ? "" : ` at ${shown(where)}`}`;
}

function prices(deployment: Deployment | undefined): string {
  const info = deployment?.model_info ?? {};
  const known = Object.entries(PRICES)
    .filter(([member]) => info[member] !== undefined)
    .map(([member, words]) => `${words} ${perMillion(info[member])}`);
  return known.length === 0 ? "no prices" : `${known.join(", ")} USD per million tokens`;
}

function priceName(path: string): string | undefined {
  return path.startsWith("model_info.") ? PRICES[path.slice("model_info.".length)] : undefined;
}

/** USD per token → USD per million tokens. Nano-dollars are whole numbers, so the result has three decimals at most. */
function perMillion(perToken: unknown): string {
  return typeof perToken === "number" ? String(Math.round(perToken * 1e9) / 1e3) : shown(perToken);
}

function named(path: string): string {
  const found = NAMES.find(([prefix]) => path.startsWith(prefix));
  return found === undefined ? path : found[1] + path.slice(found[0].length);
}
