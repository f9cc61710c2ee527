import { type Client, type ClientConfig, Pool, type PoolClient, type PoolConfig } from "pg";
import { parseIntoClientConfig } from "pg-connection-string";
import type { Logger } from "pino";

/** Where the database is, and how to log in. */
export interface DatabaseAddress {
  readonly connectionString: string;
  /** Asked anew for every connection, for a connection string without a password. @default - the one in the connection string */
  readonly password?: DatabasePassword | undefined;
}

/** @param password used unless the connection string has one of its own */
export function addressWithPassword(
  connectionString: string,
  password: DatabasePassword | undefined,
): DatabaseAddress {
  const isComplete = password === undefined || Boolean(parseIntoClientConfig(connectionString).password);
  return isComplete ? { connectionString } : { connectionString, password };
}

/** The part of a connection's settings that says where it leads; goes after all others, as what stands in a connection string does. */
export function connectTo({ connectionString, password }: DatabaseAddress): ClientConfig {
  // Beside a connection string the driver takes no password, not even for one without.
  return password === undefined
    ? { connectionString }
    : { ...parseIntoClientConfig(connectionString), password: () => password.current };
}

/** Opens a connection that was made with `connectTo`. Who tries again after a refused password tries the other one, while there are two. */
export async function openClient(client: Client, { password }: DatabaseAddress): Promise<void> {
  const used = password?.current;
  try {
    await client.connect();
  } catch (error) {
    if (used !== undefined) password?.failed(error, used);
    throw error;
  }
  tellTaken(client, password);
}

/** Tells a password that a new connection was opened with it. */
function tellTaken(client: object, password: DatabasePassword | undefined): void {
  // As the driver keeps it; still the function when the server did not ask.
  const used = (client as { readonly password?: unknown }).password;
  if (typeof used === "string") password?.took(used);
}

/** What Postgres says to a wrong password. */
const INVALID_PASSWORD = "28P01";

/**
 * The password of the gateway's role while it may change. Files and the database change one after the other, nobody knows in which order:
 * until Postgres has taken the new one, what it took last is tried as well, so that no connection fails for the moment in between.
 */
export class DatabasePassword {
  readonly #logger: Pick<Logger, "info" | "warn">;
  readonly #listeners: ((next: string) => void)[] = [];
  /** What it is to be. */
  #wanted: string;
  /** What Postgres took last; before that, what the first connections are to be made with. */
  #good: string;
  #current: string;
  #isRefused = false;
  /** Looks whether there is a new one now. */
  #lookAgain = () => {};

  constructor(first: string, logger: Pick<Logger, "info" | "warn">) {
    this.#wanted = first;
    this.#good = first;
    this.#current = first;
    this.#logger = logger;
  }

  /** For the next connection. */
  get current(): string {
    return this.#current;
  }

  /** Whether Postgres has refused the latest one and not taken it since. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Told of every new one. */
  onChange(listener: (next: string) => void): void {
    this.#listeners.push(listener);
  }

  /** @param look called when Postgres refuses one, before another is tried: it may `change` it */
  whenRefused(look: () => void): void {
    this.#lookAgain = look;
  }

  change(next: string): void {
    if (next === this.#wanted) return;
    this.#wanted = next;
    this.#current = next;
    this.#isRefused = false;
    for (const listener of this.#listeners) listener(next);
  }

  /** Postgres took it for a new connection. */
  took(used: string): void {
    if (used === this.#wanted && this.#good !== used) this.#logger.info("database password updated");
    if (used === this.#wanted) this.#isRefused = false;
    this.#good = used;
  }

  /**
   * A connection failed.
   * @param used the password that was current when it began
   * @returns whether the connection would fail for the password, and there is another to try at once
   */
  failed(error: unknown, used: string): boolean {
    if ((error as { code?: unknown } | null)?.code !== INVALID_PASSWORD) return false;
    if (used === this.#wanted && this.#good !== used && !this.#isRefused) {
      this.#isRefused = true;
      this.#logger.warn("database rejected the new password; using the previous one until it is accepted");
    }
    this.#lookAgain();
    if (used === this.#current) this.#current = used === this.#wanted ? this.#good : this.#wanted;
    return this.#current !== used;
  }
}

/** Settings of a pool. */
export interface PoolSettings extends Omit<PoolConfig, "connectionString" | "password"> {
  readonly address: DatabaseAddress;
}

/**
 * A pool whose connections may be lost at any time. Each needs a listener for that, the pool for those that are idle and every one for
 * when it is in use: without one the loss would end the process. The statement that runs on it fails by itself.
 * @param onIdleLost tells of the loss of an idle one
 */
export function openPool(
  { address, ...settings }: PoolSettings,
  onIdleLost: (error: Error) => void = () => {},
): Pool {
  const config = { ...settings, ...connectTo(address) };
  const { password } = address;
  const pool = password === undefined ? new Pool(config) : new RotatingPool(config, password);
  pool.on("error", onIdleLost);
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

type Done = (error: Error | undefined, client: PoolClient | undefined, release: () => void) => void;

/** Tries once more with the other password where there are two. */
class RotatingPool extends Pool {
  readonly #password: DatabasePassword;

  constructor(config: PoolConfig, password: DatabasePassword) {
    super(config);
    this.#password = password;
    this.on("connect", (client) => tellTaken(client, password));
  }

  override connect(): Promise<PoolClient>;
  override connect(done: Done): void;
  override connect(done?: Done): Promise<PoolClient> | undefined {
    if (done === undefined)
      return new Promise((resolve, reject) => {
        this.connect((error, client) => (client === undefined ? reject(error) : resolve(client)));
      });
    const used = this.#password.current;
    super.connect((error, client, release) => {
      if (error && this.#password.failed(error, used)) super.connect(done);
      else done(error, client, release);
    });
    return undefined;
  }
}
