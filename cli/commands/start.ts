import type { Command } from "commander";
import { parsePort } from "../local/port";
import { type LocalOptions, runLocal } from "../local/run-local";

/** `sluice start`: the platform on this machine, without Docker or an API key. */
export function registerStart(program: Command): void {
  program
    .command("start")
    .description("run the platform on this machine: no Docker, no API key; Ctrl-C stops it, data is kept")
    .option("--port <number>", "port of the gateway (default: as in platform.yaml, 4000)", parsePort)
    .option(
      "--provisioner-port <number>",
      "port of the key-provisioner (default: as in platform.yaml, 8100)",
      parsePort,
    )
    .option("--postgres-port <number>", "port of the database (default: a free one, then kept)", parsePort)
    .option("--data <folder>", "folder for data (default: .sluice/local)")
    .option("--quiet", "no progress, only the final screen")
    .action((options: LocalOptions) => runLocal(options));
}
