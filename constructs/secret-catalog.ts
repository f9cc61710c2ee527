/** How a secret's value is made. `key` is a gateway key (`sk-…`), `password` is safe inside a URL. */
export type SecretKind = "password" | "key";

/** What is known about a secret before it has a value. */
export interface SecretDefinition {
  readonly kind: SecretKind;
  /** The service that cannot go on with another value, by its container's name without the platform's. */
  readonly service: string;
  /** Shown by Terraform when the value is missing. */
  readonly description: string;
}

/**
 * Every secret that the platform generates for itself. `sluice init` makes the values that are
 * missing and never touches one that is there, so a new service adds its line and nothing else changes.
 */
export const SECRETS = {
  postgres_superuser_password: {
    kind: "password",
    service: "postgres",
    description: "Postgres superuser. Only the server itself uses it.",
  },
  gateway_database_password: {
    kind: "password",
    service: "gateway",
    description: "Postgres role of the gateway.",
  },
  key_provisioner_database_password: {
    kind: "password",
    service: "key-provisioner",
    description: "Postgres role of the key-provisioner.",
  },
  redis_password: { kind: "password", service: "redis", description: "Redis." },
  gateway_master_key: {
    kind: "key",
    service: "gateway",
    description: "The gateway's master key: may manage keys and use every model.",
  },
} as const satisfies Record<string, SecretDefinition>;

/** Name of a generated secret; also the name of its Terraform variable. */
export type SecretName = keyof typeof SECRETS;

/** Terraform variables of the previous master key and of its end. `sluice rotate` fills them; nobody generates them. */
export const PREVIOUS_MASTER_KEY = [
  { name: "gateway_master_key_previous", description: "The gateway's master key before its rotation." },
  {
    name: "gateway_master_key_previous_valid_until",
    description: "Instant at which the previous master key ends.",
  },
] as const;
