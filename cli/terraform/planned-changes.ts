import type { LostEndpoint } from "../docker/endpoints";
import type { ChangeSummary } from "../plan/change-summary";
import { type PlanJson, readPlan, type StateValues, type Values } from "../plan/plan-json";
import { summarizePlan } from "../plan/summarize-plan";
import { stripColours } from "../terminal/paint";
import { findLostEndpoints, withLostEndpoints } from "./engine-endpoints";
import type { Terraform, TextSink } from "./terraform";

/** What is done to one resource, as far as the checks before an apply look. */
export interface PlannedChange {
  /** Such as `docker_container.sluice_gateway_server_B8548620`. */
  readonly address: string;
  readonly type: string;
  /** `["no-op"]`, `["create"]`, `["update"]`, `["delete"]`, `["delete", "create"]`. */
  readonly actions: readonly string[];
  /** Attributes before and after; what is not known yet is left out. Secrets are among them: never print one whole. */
  readonly before: Values | undefined;
  readonly after: Values | undefined;
}

/** A saved plan, and what it would do. It is held in memory only. */
export interface Plan {
  /** Without those that change nothing. */
  readonly changes: readonly PlannedChange[];
  /** Resources that exist, as the engine has them now. */
  readonly existing: readonly {
    readonly address: string;
    readonly type: string;
    readonly attributes: Values;
  }[];
  /** In words. */
  readonly summary: ChangeSummary;
  /** Connections to networks that containers have lost. Terraform does not know of them: who applies the plan restores them. */
  readonly lostEndpoints: readonly LostEndpoint[];
  /** Whether it changes nothing, no output and no connection either. */
  readonly isEmpty: boolean;
  /** What Terraform warns of, each with its explanation. */
  readonly warnings: readonly string[];
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
  const planned = await terraform.run(
    ["plan", "-input=false", "-detailed-exitcode", `-out=${file}`, ...options],
    { output, ...(to === undefined ? {} : { to }), accept: [2] },
  );
  const shown = await terraform.run(["show", "-json", file], { output: "collect" });
  const terraformPlan = readPlan(shown.stdout);
  const existing = resourcesOf(terraformPlan.prior_state?.values);
  const { plan, lost } = withLostEndpoints(terraformPlan, await findLostEndpoints(existing));
  return {
    changes: managedChanges(plan),
    existing,
    summary: summarizePlan(plan),
    lostEndpoints: lost,
    isEmpty: planned.exitCode === 0 && lost.length === 0,
    warnings: warningsOf(planned.stdout),
  };
}

/** Warnings in the output of a plan, where they stand with or without a frame. */
export function warningsOf(output: string): string[] {
  return [
    ...stripColours(output).matchAll(
      /^(?:│ )?(Warning: .+(?:\n(?!╵|(?:│ )?Warning: |Saved the plan|─).*)*)/gm,
    ),
  ].map(([, text = ""]) => text.replace(/^│ ?/gm, "").trim());
}

function managedChanges({ resource_changes = [] }: PlanJson): PlannedChange[] {
  return resource_changes
    .filter(({ mode, change }) => mode === "managed" && !["no-op", "read"].includes(change.actions.join()))
    .map(({ address, type, change }) => ({
      address,
      type,
      actions: change.actions,
      before: (change.before ?? undefined) as Values | undefined,
      after: (change.after ?? undefined) as Values | undefined,
    }));
}

/** Resources of the state as it is now. */
export async function readExisting(terraform: Terraform): Promise<Plan["existing"]> {
  const { stdout } = await terraform.run(["show", "-json"], { output: "collect" });
  return resourcesOf((JSON.parse(stdout) as { values?: StateValues }).values);
}

function resourcesOf(values: StateValues | undefined): Plan["existing"] {
  return (values?.root_module?.resources ?? [])
    .filter(({ mode }) => mode === "managed")
    .map(({ address, type, values = {} }) => ({ address, type, attributes: values }));
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
export function nameOf(attributes: Values | undefined): string {
  return String(attributes?.["name"] ?? "");
}
