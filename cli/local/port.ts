import { createServer } from "node:net";
import { InvalidArgumentError } from "commander";
import { UserError } from "../terminal/user-error";
import { type PortHolder, portHolder } from "./port-holder";

/** Local mode is for this machine alone. */
export const LOOPBACK = "127.0.0.1";

/** Reads the value of a port option. @throws InvalidArgumentError, which commander shows with the option's name */
export function parsePort(value: string): number {
  const port = Number(value);
  if (/^\d+$/.test(value) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be a port number from 1 to 65535.");
}

/** Can this process listen on the port of the loopback address? */
export async function isPortFree(port: number): Promise<boolean> {
  return (await tryListen(port)) !== undefined;
}

/** A port that is free now. */
export async function findFreePort(): Promise<number> {
  const port = await tryListen(0);
  if (port === undefined) throw new Error("the system has no free port");
  return port;
}

/** @throws UserError naming the port, who holds it if that can be told, and the option that changes it */
export async function requireFreePort(port: number, purpose: string, option: string): Promise<void> {
  if (!(await isPortFree(port))) throw portTakenError(port, purpose, option, portHolder(port));
}

/** Two services that are told the same port would each find it free. @throws UserError */
export function requireDifferentPorts(gateway: number, keyProvisioner: number): void {
  if (gateway !== keyProvisioner) return;
  const other = gateway < 65_000 ? gateway + 100 : gateway - 100;
  throw new UserError(
    `port ${gateway} is meant for the gateway and for the key-provisioner`,
    `give each its own: npm start -- --provisioner-port ${other}`,
  );
}

/** The text for a port that is taken. */
export function portTakenError(
  port: number,
  purpose: string,
  option: string,
  holder: PortHolder | undefined,
): UserError {
  const by =
    holder === undefined ? "another program" : `process ${holder.pid} (${shorten(holder.command, 80)})`;
  const other = port < 65_000 ? port + 100 : port - 100;
  return new UserError(
    `port ${port}, meant for the ${purpose}, is taken by ${by}`,
    `stop that program, or choose another port: npm start -- ${option} ${other}`,
  );
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** Listens for a moment. @returns the port, or undefined when it is taken */
function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else if (error.code === "EACCES") {
        reject(
          new UserError(`port ${port} cannot be opened by this user`, "choose a port from 1024 to 65535"),
        );
      } else reject(error);
    });
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}
