/** What is done to an object. `forget`: left as it is, no longer managed. */
export type ChangeAction = "create" | "update" | "replace" | "delete" | "forget" | "read";

/** What an object is. `job`: a container that runs once; `files`: one that delivers files to a service. */
export type ObjectKind =
  | "container"
  | "job"
  | "files"
  | "image"
  | "network"
  | "volume"
  | "output"
  | "setting"
  | "other";

/** One change of one attribute, or several attributes that are one matter, in words. */
export interface ChangeDetail {
  /** Names of the provider's attributes that the text stands for. */
  readonly attributes: readonly string[];
  readonly text: string;
}

/** What happens to one object of the platform. */
export interface ObjectChange {
  /** Such as `gateway`, `network workspaces`, `outputs`. */
  readonly service: string;
  /** Terraform's address, such as `docker_container.sluice_postgres_server_7AF76D24`. */
  readonly address: string;
  readonly kind: ObjectKind;
  readonly action: ChangeAction;
  readonly details: readonly ChangeDetail[];
  /** What it means for who uses the platform: `in place`, `container replaced: away while it restarts`. */
  readonly effect: string;
  /** What happens to its data. Absent where there is none. */
  readonly data?: string;
}

/** Data that a plan would lose, or start without. */
export interface DataRisk {
  readonly service: string;
  readonly text: string;
  readonly remedy: string;
}

/** A plan in words. It holds no secret and may be printed. */
export interface ChangeSummary {
  /** Every change of the plan, by service. */
  readonly changes: readonly ObjectChange[];
  readonly risks: readonly DataRisk[];
}
