import { Pool, type PoolClient, type PoolConfig } from "pg";
import { connectTo, type DatabaseAddress, tellTaken } from "./address";
import type { DatabasePassword } from "./database-password";

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
