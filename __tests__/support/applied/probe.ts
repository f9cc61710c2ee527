import { docker } from "./docker";

/** Answer of a TCP connection attempt. */
export type Reachability = "open" | "closed";

const SCRIPT = `
const { connect } = require("node:net");
const [host, port] = process.argv.slice(1);
const end = (answer) => { console.log(answer); process.exit(0); };
const socket = connect({ host, port: Number(port), timeout: 3000 }, () => end("open"));
socket.on("error", () => end("closed")).on("timeout", () => end("closed"));
`;

/** Whether a throw-away container on `network` can open a TCP connection to `host:port`. */
export function reach(image: string, network: string, host: string, port: number): Reachability {
  return docker(
    "run",
    "--rm",
    "--network",
    network,
    image,
    "node",
    "-e",
    SCRIPT,
    host,
    String(port),
  ).trim() as Reachability;
}
