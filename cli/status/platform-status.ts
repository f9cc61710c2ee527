import type { CertificateStatus } from "../certificates/certificate-status";

/** What `sluice status` found. It is printed as it is by `--json`; names stay as they are between versions. */
export interface PlatformStatus {
  /** Name of the platform. */
  readonly name: string;
  /** Whether nothing is wrong; the exit code is 0 then, else 1. */
  readonly well: boolean;
  /** Whether this home has deployed something, or containers of that name are there. */
  readonly deployed: boolean;
  /** What is wrong, each with its remedy. */
  readonly problems: readonly Problem[];
  /** What is worth knowing, and not wrong. */
  readonly notices: readonly string[];
  /** Why the engine cannot be asked; all that it would know is empty or null then. */
  readonly engine_error: string | null;
  readonly containers: readonly ContainerStatus[];
  /** `null` when the gateway gives no answer. */
  readonly gateway: GatewayStatus | null;
  readonly key_provisioner: { readonly ready: boolean } | null;
  /** `null` when there is none, or it does not run. */
  readonly coder: CoderStatus | null;
  readonly models: readonly ModelStatus[];
  /** `null` without Coder, or where it cannot be read. */
  readonly certificate: CertificateStatus | null;
  /** `null` unless asked for with `--plan`. */
  readonly plan: "no changes" | "changes" | null;
  readonly disk: DiskStatus;
  /** Of the command line, and so of the checkout. */
  readonly checkout_version: string;
}

/** Something that is wrong. */
export interface Problem {
  readonly what: string;
  readonly remedy: string;
}

/** One container, or one that should be there. */
export interface ContainerStatus {
  /** Name without the platform's prefix. */
  readonly service: string;
  /** A job runs once and ends. */
  readonly kind: "service" | "job";
  readonly state:
    | "missing"
    | "created"
    | "running"
    | "paused"
    | "restarting"
    | "removing"
    | "exited"
    | "dead";
  /** `null` where it has no health check, or does not run. */
  readonly health: "starting" | "healthy" | "unhealthy" | null;
  /** Since when it runs, or does not; ISO 8601. */
  readonly since: string | null;
  /** By the engine, since the container was made. */
  readonly restarts: number;
  /** Whether its last process was ended for want of memory. */
  readonly oom_killed: boolean;
  /** Of the last process; `null` while it runs. */
  readonly exit_code: number | null;
  /** Name with tag, or the id of an image that has lost its name. */
  readonly image: string | null;
  /** Tag that this checkout would give it; `null` for images that are not built here. */
  readonly checkout_tag: string | null;
}

/** What the gateway says of itself. */
export interface GatewayStatus {
  /** As `/health/readiness` has it: connected, degraded, overloaded, unhealthy, starting, shutting_down. */
  readonly status: string;
  readonly ready: boolean;
  readonly budgets: string;
  readonly audit: string;
  readonly database: string;
  readonly version: string | null;
  /** Rows that wait on the disk for Postgres; `null` without a journal. */
  readonly journal_bytes: number | null;
}

/** Coder, and what the platform keeps in it. */
export interface CoderStatus {
  /** `null` when it gives no answer. */
  readonly version: string | null;
  /** Whether the platform's own token works there; `null` when that cannot be told. */
  readonly bootstrapped: boolean | null;
  /** The template with its active version, as it was deployed last. */
  readonly template: { readonly name: string; readonly version: string } | null;
  /** Login names of the users that were deployed. */
  readonly users: readonly string[];
  /** Why it cannot be asked. */
  readonly fault: string | null;
}

/** A model that clients may ask for. */
export interface ModelStatus {
  readonly name: string;
  readonly usable: boolean;
  /** Of the deployments that are not asked now: which, and why. */
  readonly reasons: readonly string[];
}

/** Space. What cannot be told is `null`. */
export interface DiskStatus {
  /** Of the file system that holds the volumes. */
  readonly free_bytes: number | null;
  readonly size_bytes: number | null;
  /** By name; only volumes that hold data. */
  readonly volumes: Readonly<Record<string, number>> | null;
  /** By name. */
  readonly databases: Readonly<Record<string, number>> | null;
}
