import type { PlatformConfig } from "./config/schema";
import { BUILT_IN_LEVELS } from "./config/sections/enforcement";
import type { EnforcementRules, Model } from "./gateway-config";

/** What keys of one scope may use. */
export interface ScopeFigures {
  readonly budgetUsd: number;
  readonly period: string;
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
  readonly parallelRequests: number;
  /** @default - by the scope's role among the models that there are */
  readonly models?: "all" | readonly string[] | undefined;
}

/** Scopes of keys. */
export type ScopeName = "workspace" | "user" | "ci" | "agentReview" | "agentWrite";

/** What decides about the keys that are made. */
export interface KeyPolicy {
  readonly scopes: Readonly<Record<ScopeName, ScopeFigures>>;
  readonly models: readonly Model[];
  /** As the gateway has it, so that both come to the same level. */
  readonly enforcement: EnforcementRules;
  /** User name → level that the user's keys have at least. @default - none */
  readonly userLevels?: Readonly<Record<string, string>>;
}

/** What platform.yaml decides about the keys that are made. */
export function keyPolicy({ scopes, models, enforcement, coder }: PlatformConfig): KeyPolicy {
  const userLevels = Object.fromEntries(
    coder.users.flatMap(({ username, minimumLevel }) =>
      minimumLevel === undefined ? [] : [[username, minimumLevel]],
    ),
  );
  return { scopes, models, enforcement, userLevels };
}

/** The key-provisioner's settings file (`services/key-provisioner/settings.ts`). No credential is in it. */
export function renderKeyProvisionerConfig({
  scopes,
  models,
  enforcement,
  userLevels = {},
}: KeyPolicy): string {
  const levels = [...BUILT_IN_LEVELS, ...enforcement.levels].map(({ name, strictness }) => ({
    name,
    strictness,
  }));
  const rendered = Object.entries(scopes).map(([name, { models: chosen, ...figures }]) => [
    name,
    {
      ...figures,
      models: chosen === undefined ? defaultModels(name, models) : chosen === "all" ? [] : chosen,
    },
  ]);
  return `${JSON.stringify(
    {
      scopes: Object.fromEntries(rendered),
      enforcement: { default: enforcement.default, levels, minimum: enforcement.minimum },
      users: userLevels,
    },
    null,
    2,
  )}\n`;
}

/** Words in the names of models that fit a scope's role. */
const ROLE_WORDS: Readonly<Record<string, RegExp>> = { ci: /haiku/i, agentReview: /haiku|sonnet/i };

/** @returns names; none means all */
function defaultModels(scope: string, models: readonly Model[]): readonly string[] {
  const words = ROLE_WORDS[scope];
  if (words === undefined) return [];
  const fitting = models.filter(({ name }) => words.test(name)).map(({ name }) => name);
  if (fitting.length > 0 || scope !== "ci") return fitting;
  // Pipelines run unattended and often: without a small model by name they get the one that costs least.
  const [first, ...others] = models;
  if (first === undefined) return [];
  return [others.reduce((a, b) => (b.prices.output < a.prices.output ? b : a), first).name];
}
