import { once } from "node:events";
import net from "node:net";

/** Below those that systems give to connections by themselves: what is free stays free until it is used. */
const FIRST = 10_000;
const EACH = 2000;
const WORKERS = 10;

const worker = Number(process.env["JEST_WORKER_ID"] ?? 1) % WORKERS;
let next = Math.floor(Math.random() * EACH);

/** A TCP port that was free a moment ago. No other worker of this run, and no connection, takes it meanwhile. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < EACH; attempt += 1) {
    next = (next + 1) % EACH;
    const port = FIRST + worker * EACH + next;
    if (await canListen(port)) return port;
  }
  throw new Error(`none of ${EACH} ports is free`);
}

async function canListen(port: number): Promise<boolean> {
  const server = net.createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
