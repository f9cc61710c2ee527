import { SECRETS } from "../secret-catalog";

/**
 * Environment variables that mean something to Sluice's services, their images, or the programs that deploy
 * them. A credential under such a name would change what they do, or hand one of their secrets to a provider.
 */
const READ_BY: Readonly<Record<string, readonly string[]>> = {
  "Sluice's services": [
    "ACCESS_CERTIFICATE",
    "ACCESS_CERTIFICATE_KEY",
    "ALLOW",
    "ANTHROPIC_BASE_URL",
    "AUDIT_RETENTION",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "BRIDGE",
    "CA_CERTIFICATE",
    "CLIENT_DRAIN_TIMEOUT_SECONDS",
    "CONFIG_FILE",
    "CORS_ALLOWED_ORIGINS",
    "DEFAULT_ENFORCEMENT_LEVEL",
    "HOST",
    "INTERNET",
    "KEEP_ALIVE_TIMEOUT_SECONDS",
    "LAME_DUCK_SECONDS",
    "LOG_LEVEL",
    "PORT",
    "PROMPTS_DIRECTORY",
    "SECRETS_DIRECTORY",
    "SERVICES",
    "STOP_GRACE_SECONDS",
    "SUBNET",
    "TRUSTED_PROXIES",
  ],
  "the system": [
    "CI",
    "HOME",
    "HOSTNAME",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "NO_COLOR",
    "OLDPWD",
    "PATH",
    "PWD",
    "SHELL",
    "SHLVL",
    "SSL_CERT_FILE",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "TZ",
    "USER",
    "_",
  ],
  // https://developer.hashicorp.com/terraform/language/values/variables: names that a variable cannot have.
  Terraform: [
    "CHECKPOINT_DISABLE",
    "COUNT",
    "DEPENDS_ON",
    "FOR_EACH",
    "LIFECYCLE",
    "LOCALS",
    "PROVIDERS",
    "SOURCE",
    "TERRAFORM_BINARY_NAME",
    "VERSION",
  ],
};

const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  "Sluice's services": [
    "DATABASE_",
    "GATEWAY_",
    "JOURNAL_",
    "KEY_ENCRYPTION_",
    "KEY_PROVISIONER_",
    "LITELLM_",
    "MAX_",
    "PROVISIONER_",
    "RECONCILE_",
    "REQUEST_BODY_",
    "SLUICE_",
    "UPSTREAM_",
  ],
  Coder: ["CODER_"],
  Postgres: ["PG", "POSTGRES_"],
  "Node.js": ["NODE_", "NPM_", "UV_"],
  "the system": ["BASH_", "DYLD_", "LC_", "LD_", "XDG_"],
  Terraform: ["CDKTF_", "TF_"],
  Docker: ["BUILDKIT_", "COMPOSE_", "DOCKER_"],
};

/** What the environment variable `name` is already, in words, or `undefined` where it is free for a credential. */
export function reservedFor(name: string): string | undefined {
  // The Terraform variable of a credential has its name in lower case: so has that of a generated secret.
  if (Object.hasOwn(SECRETS, name.toLowerCase())) return "the name of a secret that Sluice generates";
  const reader =
    readerAmong(READ_BY, (other) => other === name) ??
    readerAmong(PREFIXES, (prefix) => name.startsWith(prefix));
  return reader === undefined ? undefined : `a variable of ${reader}`;
}

function readerAmong(
  readers: Readonly<Record<string, readonly string[]>>,
  matches: (text: string) => boolean,
) {
  return Object.entries(readers).find(([, texts]) => texts.some(matches))?.[0];
}
