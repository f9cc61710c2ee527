import { Pool, type PoolConfig } from "pg";

/**
 * A pool whose connections may be lost at any time. Each needs a listener for that, the pool for those that are idle and every one for
 * when it is in use: without one the loss would end the process. The statement that runs on it fails by itself.
 * @param onIdleLost tells of the loss of an idle one
 */
export function openPool(config: PoolConfig, onIdleLost: (error: Error) => void = () => {}): Pool {
  const pool = new Pool(config);
  pool.on("error", onIdleLost);
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
