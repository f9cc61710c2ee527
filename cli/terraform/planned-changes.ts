import type { ChangeSummary } from "../plan/change-summary";
import { readPlan } from "../plan/plan-json";
import { summarizePlan } from "../plan/summarize-plan";
import type { Terraform, TextSink } from "./terraform";

/** What is done to one resource, as far as the checks before an apply look. */
export interface PlannedChange {
  /** Such as `docker_container.sluice_gateway_server_B8548620`. */
  readonly address: string;
  readonly type: string;
  /** `["no-op"]`, `["create"]`, `["update"]`, `["delete"]`, `["delete", "create"]`. */
  readonly actions: readonly string[];
  /** Attributes before and after; what is not known yet is left out. Secrets are among them: never print one whole. */
  readonly before: Attributes | undefined;
  readonly after: Attributes | undefined;
}

/** Attributes of a resource by name. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A saved plan, and what it would do. It is held in memory only. */
export interface Plan {
  /** Without those that change nothing. */
  readonly changes: readonly PlannedChange[];
  /** Resources that exist, as the engine has them now. */
  readonly existing: readonly {
    readonly address: string;
    readonly type: string;
    readonly attributes: Attributes;
  }[];
  /** In words. */
  readonly summary: ChangeSummary;
  /** Whether it changes nothing, no output either. */
  readonly isEmpty: boolean;
}

interface StateValues {
  readonly root_module?: {
    readonly resources?: readonly { address: string; type: string; mode: string; values: Attributes }[];
  };
}

interface PlanJson {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly mode: string;
    readonly type: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly before: unknown;
      readonly after: unknown;
    };
  }[];
  readonly prior_state?: { readonly values?: StateValues };
}

/** How a plan is made. */
export interface PlanOptions {
  /** Where the plan is saved: it holds secrets in the clear. */
  readonly file: string;
  /** Options of `terraform plan`. @default none */
  readonly options?: readonly string[];
  /** @default "collect" */
  readonly output?: "show" | "collect";
  readonly to?: TextSink;
}

/**
 * Makes a plan and reads it.
 * @throws TerraformError when it cannot be made
 */
export async function makePlan(terraform: Terraform, props: PlanOptions): Promise<Plan> {
  const { file, options = [], output = "collect", to } = props;
  const { exitCode } = await terraform.run(
    ["plan", "-input=false", "-detailed-exitcode", `-out=${file}`, ...options],
    { output, ...(to === undefined ? {} : { to }), accept: [2] },
  );
  const { stdout } = await terraform.run(["show", "-json", file], { output: "collect" });
  return toPlan(JSON.parse(stdout) as PlanJson, summarizePlan(readPlan(stdout)), exitCode === 0);
}

function toPlan(
  { resource_changes = [], prior_state }: PlanJson,
  summary: ChangeSummary,
  isEmpty: boolean,
): Plan {
  return {
    changes: resource_changes
      .filter(({ mode, change }) => mode === "managed" && !["no-op", "read"].includes(change.actions.join()))
      .map(({ address, type, change }) => ({
        address,
        type,
        actions: change.actions,
        before: (change.before ?? undefined) as Attributes | undefined,
        after: (change.after ?? undefined) as Attributes | undefined,
      })),
    existing: resourcesOf(prior_state?.values),
    summary,
    isEmpty,
  };
}

/** Resources of the state as it is now. */
export async function readExisting(terraform: Terraform): Promise<Plan["existing"]> {
  const { stdout } = await terraform.run(["show", "-json"], { output: "collect" });
  return resourcesOf((JSON.parse(stdout) as { values?: StateValues }).values);
}

function resourcesOf(values: StateValues | undefined): Plan["existing"] {
  return (values?.root_module?.resources ?? [])
    .filter(({ mode }) => mode === "managed")
    .map(({ address, type, values }) => ({ address, type, attributes: values }));
}

/** Whether a change takes an object away, for good or to make a new one. */
export function removes({ actions }: PlannedChange): boolean {
  return actions.includes("delete");
}

/** Whether a change makes an object, anew or for the first time. */
export function creates({ actions }: PlannedChange): boolean {
  return actions.includes("create");
}

/** The object's name in the engine. */
export function nameOf(attributes: Attributes | undefined): string {
  return String(attributes?.["name"] ?? "");
}
