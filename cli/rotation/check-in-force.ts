import { setTimeout as wait } from "node:timers/promises";
import { askInside } from "../docker/ask-inside";
import { docker } from "../docker/docker";
import { UserError } from "../terminal/user-error";

/** Whether a service takes a value. */
type Taken = "taken" | "refused";

/** How long a service may take to follow its files, in milliseconds. */
const LIMIT_MS = 30_000;
const PAUSE_MS = 500;

/** What is expected of a rotated secret. */
export interface ExpectedValues {
  /** Name of the platform. */
  readonly platform: string;
  /** Terraform variable of the secret. */
  readonly variable: string;
  readonly value: string;
  /** Undefined where there was none. */
  readonly former: string | undefined;
  /** Whether the former one is still taken. */
  readonly hasGrace: boolean;
}

/**
 * Waits until the service that a secret belongs to takes the new value, and no longer the former one unless that has a grace.
 * @returns whether that could be seen: a provider's credential is seen by the provider only
 * @throws UserError when it is not so within half a minute
 */
export async function checkInForce({
  platform,
  variable,
  value,
  former,
  hasGrace,
}: ExpectedValues): Promise<boolean> {
  const ask = QUESTIONS[variable];
  if (ask === undefined) return false;
  await waitFor(
    () => ask(platform, value),
    "taken",
    `the new ${variable} is deployed, but what it belongs to does not take it`,
  );
  if (former === undefined || former === value) return true;
  await waitFor(
    () => ask(platform, former),
    hasGrace ? "taken" : "refused",
    hasGrace
      ? `the new ${variable} is in force, but the former one is refused before its grace has ended`
      : `the new ${variable} is in force, but the former one is still taken`,
  );
  return true;
}

async function waitFor(ask: () => Promise<Taken>, expected: Taken, problem: string): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  let failure = "";
  for (;;) {
    try {
      if ((await ask()) === expected) return;
      failure = "";
    } catch (error) {
      failure = `: ${(error as Error).message}`;
    }
    if (performance.now() > end) throw new UserError(`${problem} after ${LIMIT_MS / 1000} s${failure}`);
    await wait(PAUSE_MS);
  }
}

/** By Terraform variable. Values go in on standard input: an argument shows in `ps`, and `docker exec` would log it as an event. */
const QUESTIONS: Readonly<Record<string, (platform: string, value: string) => Promise<Taken>>> = {
  postgres_superuser_password: (platform, value) => askPostgres(platform, "postgres", "postgres", value),
  gateway_database_password: (platform, value) => askPostgres(platform, "gateway", "gateway", value),
  gateway_master_key: askGateway,
};

/** By the server's name, since its image trusts whoever comes by the loopback. */
const LOG_IN =
  'IFS= read -r PGPASSWORD; export PGPASSWORD; exec psql -h postgres -U "$1" -d "$2" -w -X -Atqc "SELECT 1"';

async function askPostgres(platform: string, role: string, database: string, value: string): Promise<Taken> {
  try {
    await docker(["exec", "-i", `${platform}-postgres`, "sh", "-c", LOG_IN, "sh", role, database], {
      input: `${value}\n`,
    });
    return "taken";
  } catch (error) {
    if (/password authentication failed/.test((error as Error).message)) return "refused";
    throw error;
  }
}

async function askGateway(platform: string, value: string): Promise<Taken> {
  const { answers } = await askInside(`${platform}-gateway`, 4000, [{ path: "/models", bearer: { value } }]);
  const [{ status, text } = { status: 0, text: "nothing" }] = answers;
  if (status === 200) return "taken";
  if (status === 401) return "refused";
  throw new UserError(`the gateway answers ${status === 0 ? text : status}`);
}
