import { z } from "zod";
import type { Fault } from "../finding";
import { modelAliases } from "../model-aliases";
import { didYouMean, unknownName } from "../nearest";
import { LEVEL } from "./enforcement";
import { MODEL } from "./models";
import { WorkspaceExtension } from "./workspace-extension";

/** Coder takes 64 options of a parameter; three are for aliases. */
export const MOST_MODELS = 60;

const size = (what: string, range: { readonly fallback: number; readonly max: number }) =>
  z
    .strictObject({
      default: z
        .int()
        .min(1)
        .max(1024)
        .default(range.fallback)
        .describe(`${what}, as the form has it at first.`),
      max: z.int().min(1).max(1024).default(range.max).describe(`${what}: most that a developer may choose.`),
    })
    .prefault({})
    .describe(`${what}: the hard limit of a workspace.`);

/** What developers may choose when they make a workspace. */
export const Workspaces = z
  .strictObject({
    levels: z
      .array(z.string().describe("An enforcement level that the form offers. @default - all levels"))
      .min(1)
      .max(64)
      .optional()
      .describe("Enforcement levels that the form offers."),
    defaultLevel: z
      .string()
      .default("standard")
      .describe("Level that the form has chosen at first. A minimum of `enforcement` applies all the same."),
    models: z
      .array(
        z
          .string()
          .describe(
            "A model that the form offers; 60 at most. @default - all models, as far as there is room",
          ),
      )
      .min(1)
      .max(MOST_MODELS)
      .optional()
      .describe("Models that the form offers, in this order."),
    defaultModel: z
      .string()
      .optional()
      .describe(
        "Model that the form has chosen at first: one of `models`, or `claude-sonnet`, `claude-haiku` or `claude-opus` for the first of its kind. @default - claude-sonnet, else the first model",
      ),
    cpus: size("CPU cores", { fallback: 2, max: 4 }),
    memoryGigabytes: size("Memory, GiB", { fallback: 4, max: 8 }),
    autostopHours: z
      .int()
      .min(0)
      .max(720)
      .default(12)
      .describe("Hours after its start or its last use at which a workspace stops; 0: never."),
    extension: WorkspaceExtension.optional(),
  })
  .prefault({})
  .describe("What developers may choose when they make a workspace.");

type Values = Partial<z.output<typeof Workspaces>> | undefined;

/** What the rest of the configuration has on offer. */
export interface Offered {
  /** Names of all levels. */
  readonly levels: readonly string[];
  /** Names of all models, in order. */
  readonly models: readonly string[];
}

interface WorkspaceFault {
  readonly path: (string | number)[];
  readonly input: unknown;
  readonly fault: Omit<Fault, "value">;
  /** Full path of a setting that has a part in it. */
  readonly other?: string[];
}

/** Rules among the settings of the section and what they name. It may be absent or wrong in part. */
export function* findWorkspaceFaults(workspaces: Values, all: Offered): Iterable<WorkspaceFault> {
  yield* unknownEntries("levels", workspaces?.levels, all.levels, LEVEL);
  yield* unknownEntries("models", workspaces?.models, all.models, MODEL);

  const levels = Array.isArray(workspaces?.levels) ? workspaces.levels : all.levels;
  yield* notOffered("defaultLevel", workspaces?.defaultLevel, { offered: levels, list: "levels" });
  const models = Array.isArray(workspaces?.models) ? workspaces.models : all.models.slice(0, MOST_MODELS);
  const offered = [...Object.keys(modelAliases(models)), ...models];
  yield* notOffered("defaultModel", workspaces?.defaultModel, { offered, list: "models" });

  for (const section of ["cpus", "memoryGigabytes"] as const) {
    const { default: first, max } = workspaces?.[section] ?? {};
    if (typeof first !== "number" || typeof max !== "number" || first <= max) continue;
    const fault = {
      problem: `is more than workspaces.${section}.max, ${max}`,
      allowed: `1 to ${max}`,
      remedy: "lower it, or raise the maximum",
    };
    yield { path: [section, "default"], input: first, fault, other: ["workspaces", section, "max"] };
  }
}

function* unknownEntries(
  list: string,
  entries: unknown,
  known: readonly string[],
  kind: { readonly what: string; readonly setting: string },
): Iterable<WorkspaceFault> {
  const all: readonly unknown[] = Array.isArray(entries) ? entries : [];
  for (const [index, entry] of all.entries()) {
    if (typeof entry !== "string") continue;
    const first = all.indexOf(entry);
    if (first !== index) {
      const fault = {
        problem: `is there already, as workspaces.${list}[${first}]`,
        allowed: "each name once",
        remedy: "remove one of the two",
      };
      yield { path: [list, index], input: entry, fault };
    } else if (!known.includes(entry)) {
      yield { path: [list, index], input: entry, fault: unknownName(entry, known, kind) };
    }
  }
}

function* notOffered(
  setting: string,
  value: unknown,
  { offered, list }: { readonly offered: readonly unknown[]; readonly list: string },
): Iterable<WorkspaceFault> {
  // An empty list is a finding of its own.
  if (typeof value !== "string" || offered.length === 0 || offered.includes(value)) return;
  const names = offered.filter((name) => typeof name === "string");
  const fault = {
    problem: "is not offered",
    allowed: names.join(", "),
    remedy: `${didYouMean(value, names)}name one of them, or add it to workspaces.${list}`,
  };
  yield { path: [setting], input: value, fault, other: ["workspaces", list] };
}
