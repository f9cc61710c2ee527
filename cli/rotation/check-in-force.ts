import { setTimeout as wait } from "node:timers/promises";
import { SERVICES } from "../../constructs/service-catalog";
import { databaseSecret } from "../../constructs/service-definition";
import { GATEWAY } from "../../constructs/services/gateway";
import { KEY_PROVISIONER } from "../../constructs/services/key-provisioner";
import { askInside } from "../docker/ask-inside";
import { docker } from "../docker/docker";
import { UserError } from "../terminal/user-error";
import { databaseTime } from "./database-time";

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
  /** Instant until which the former one is taken, by the database's clock; undefined where it has no grace. */
  readonly formerValidUntil: string | undefined;
  /** Called while it waits; an error that it throws ends the waiting. */
  readonly onWait: () => void;
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
  formerValidUntil,
  onWait,
}: ExpectedValues): Promise<boolean> {
  const ask = QUESTIONS[variable] ?? roleQuestion(variable);
  if (ask === undefined) return false;
  await waitFor(async () => (await ask(platform, value)) === "taken", {
    problem: () => `the new ${variable} is deployed, but what it belongs to does not take it`,
    onWait,
  });
  if (former === undefined || former === value) return true;
  let isGrace = false;
  const isAsExpected = async () => {
    isGrace = formerValidUntil !== undefined && Date.parse(formerValidUntil) > (await databaseTime(platform));
    return (await ask(platform, former)) === (isGrace ? "taken" : "refused");
  };
  await waitFor(isAsExpected, {
    problem: () =>
      isGrace
        ? `the new ${variable} is in force, but the former one is refused before its grace has ended`
        : `the new ${variable} is in force, but the former one is still taken`,
    onWait,
  });
  return true;
}

interface Waiting {
  /** What is wrong when it is in vain. */
  readonly problem: () => string;
  readonly onWait: () => void;
}

async function waitFor(isSo: () => Promise<boolean>, { problem, onWait }: Waiting): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  let failure = "";
  for (;;) {
    try {
      if (await isSo()) return;
      failure = "";
    } catch (error) {
      failure = `: ${(error as Error).message}`;
    }
    onWait();
    if (performance.now() > end) throw new UserError(`${problem()} after ${LIMIT_MS / 1000} s${failure}`);
    await wait(PAUSE_MS);
  }
}

/** By Terraform variable. Values go in on standard input: an argument shows in `ps`, and `docker exec` would log it as an event. */
const QUESTIONS: Readonly<Record<string, (platform: string, value: string) => Promise<Taken>>> = {
  postgres_superuser_password: (platform, value) => askPostgres(platform, "postgres", "postgres", value),
  gateway_master_key: (platform, value) => askService(platform, GATEWAY, "/models", value),
  gateway_provisioner_token: (platform, value) => askService(platform, GATEWAY, "/key/aliases", value),
  key_provisioner_admin_token: (platform, value) =>
    askService(platform, KEY_PROVISIONER, "/api/v1/keys/list?limit=1", value),
};

/** The role of a service's database has the database's name. */
function roleQuestion(variable: string) {
  const database = SERVICES.flatMap((service) => service.database?.name ?? []).find(
    (name) => databaseSecret(name) === variable,
  );
  if (database === undefined) return undefined;
  return (platform: string, value: string) => askPostgres(platform, database, database, value);
}

async function askPostgres(platform: string, role: string, database: string, value: string): Promise<Taken> {
  // By the server's name, since whoever comes by the loopback may be trusted. It is made to ask, and without a terminal it reads the answer
  // from standard input: in a variable the password would be in the environment of its process.
  const logIn = ["psql", "-h", "postgres", "-U", role, "-d", database, "-W", "-X", "-Atqc", "SELECT 1"];
  try {
    await docker(["exec", "-i", `${platform}-postgres`, ...logIn], { input: `${value}\n` });
    return "taken";
  } catch (error) {
    if (/password authentication failed/.test((error as Error).message)) return "refused";
    throw error;
  }
}

async function askService(
  platform: string,
  { name, port }: Pick<typeof GATEWAY | typeof KEY_PROVISIONER, "name" | "port">,
  path: string,
  value: string,
): Promise<Taken> {
  const { answers } = await askInside(`${platform}-${name}`, port.container, [{ path, bearer: { value } }]);
  const [{ status, text } = { status: 0, text: "nothing" }] = answers;
  if (status === 200) return "taken";
  if (status === 401) return "refused";
  throw new UserError(`the ${name} answers ${status === 0 ? text : status}`);
}
