import { UserError } from "../terminal/user-error";

/** One object of a plan, as `terraform show -json` gives it (format 1.x). */
export interface ResourceChange {
  readonly address: string;
  readonly previous_address?: string;
  readonly mode?: string;
  readonly type: string;
  readonly deposed?: string;
  readonly action_reason?: string;
  readonly change: PlannedChange;
}

/** What happens to the values of an object or an output. Values are in the clear: see `mask`. */
export interface PlannedChange {
  readonly actions: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  readonly after_unknown?: unknown;
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
  readonly replace_paths?: readonly (readonly (string | number)[])[];
  readonly importing?: unknown;
}

/** The parts of a plan that are looked at. It holds secrets: keep it in memory, never print it. */
export interface PlanJson {
  readonly format_version: string;
  readonly resource_changes?: readonly ResourceChange[];
  readonly resource_drift?: readonly ResourceChange[];
  readonly output_changes?: Readonly<Record<string, PlannedChange>>;
  readonly variables?: Readonly<Record<string, { readonly value?: unknown }>>;
  readonly prior_state?: { readonly values?: StateValues };
  readonly configuration?: {
    readonly root_module?: {
      readonly resources?: readonly ConfiguredResource[];
      readonly variables?: Readonly<Record<string, { readonly sensitive?: boolean }>>;
    };
  };
}

/** The objects of a state. */
export interface StateValues {
  readonly root_module?: { readonly resources?: readonly StateResource[] };
}

/** An object of the state that the plan began with. */
export interface StateResource {
  readonly address: string;
  readonly mode?: string;
  readonly type: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** An object as it is written in the configuration. */
export interface ConfiguredResource {
  readonly address: string;
  readonly expressions?: Readonly<Record<string, unknown>>;
}

export type Values = Readonly<Record<string, unknown>>;

/**
 * Reads the output of `terraform show -json <plan file>`.
 * @throws UserError when it is no plan of a known format; its text is not repeated, since it may hold secrets.
 */
export function readPlan(text: string): PlanJson {
  let plan: Partial<PlanJson> | undefined;
  try {
    plan = JSON.parse(text) as Partial<PlanJson>;
  } catch {
    plan = undefined;
  }
  const version = plan?.format_version;
  if (typeof version === "string" && version.startsWith("1.")) return plan as PlanJson;
  throw new UserError(
    `the plan has the format ${JSON.stringify(version ?? null)}, and only 1.x can be put into words`,
    "use a released terraform or tofu, or see the plan as it is: npm run diff -- --full",
  );
}

/** The attributes of an object; none for one that does not exist. */
export function attributes(values: unknown): Values {
  return typeof values === "object" && values !== null && !Array.isArray(values) ? (values as Values) : {};
}

/** Is anything below `mask` (of `before_sensitive`, `after_sensitive` or `after_unknown`) marked? */
export function isMarked(mask: unknown): boolean {
  if (mask === true) return true;
  return typeof mask === "object" && mask !== null && Object.values(mask).some(isMarked);
}

/** May no value of this attribute be shown? A set of values is secret as a whole when one of them is. */
export function isSensitive(
  { before_sensitive, after_sensitive }: PlannedChange,
  attribute: string,
): boolean {
  return [before_sensitive, after_sensitive].some(
    (mask) => mask === true || isMarked(attributes(mask)[attribute]),
  );
}
