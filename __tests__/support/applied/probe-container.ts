import { NODE_IMAGE } from "../../../constructs/service-catalog";
import { docker, inspect } from "./docker";
import type { Reachability } from "./probe";

/** Answers on TCP and UDP port 9000 of every address. */
const SERVER = `
require("node:net").createServer((socket) => socket.on("error", () => {}).end("here")).listen(9000, "0.0.0.0");
const udp = require("node:dgram").createSocket("udp4");
udp.on("message", (text, from) => udp.send("here", from.port, from.address)).bind(9000, "0.0.0.0");
setInterval(() => {}, 1000);
`;

const ASK = `
const [protocol, host, port] = process.argv.slice(1);
const end = (answer) => { console.log(answer); process.exit(0); };
setTimeout(end, 1500, "closed");
if (protocol === "tcp") {
  require("node:net").connect({ host, port: Number(port) }, () => end("open")).on("error", () => end("closed"));
} else {
  const socket = require("node:dgram").createSocket("udp4");
  socket.on("message", () => end("open")).on("error", () => end("closed"));
  socket.send("there?", Number(port), host, (error) => error && end("closed"));
}
`;

/** A container that answers on port 9000 (TCP and UDP) and can be told to knock at others. */
export class ProbeContainer {
  private constructor(readonly name: string) {}

  /** @param options of `docker run`, such as `--publish` */
  static start(name: string, network: string, ...options: string[]): ProbeContainer {
    docker(
      "run",
      "--detach",
      "--name",
      name,
      "--network",
      network,
      ...options,
      NODE_IMAGE,
      "node",
      "-e",
      SERVER,
    );
    return new ProbeContainer(name);
  }

  /** Its address on a network. */
  address(network: string): string {
    return inspect(this.name).NetworkSettings.Networks[network]?.IPAddress ?? "";
  }

  get pid(): number {
    return inspect(this.name).State.Pid;
  }

  /** Whether it can open a connection, or get an answer to a datagram, within 1.5 seconds. */
  reach(protocol: "tcp" | "udp", host: string, port: number): Reachability {
    return docker("exec", this.name, "node", "-e", ASK, protocol, host, String(port)).trim() as Reachability;
  }
}
