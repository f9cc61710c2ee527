import { type Command, InvalidArgumentError } from "commander";
import { platformContainers } from "../docker/objects";
import { chooseServices } from "../logs/choose-services";
import { formatLogLine, type LogFormat } from "../logs/format";
import { followLogs, type LogQuery, showLogs } from "../logs/read-logs";
import { platformName } from "../status/platform-name";
import { onStopSignal } from "../terminal/stop-signal";
import { checkDockerEngine } from "../terraform/docker-engine";

interface LogsOptions {
  readonly follow?: boolean;
  readonly since?: string;
  readonly tail?: number;
  readonly json?: boolean;
}

/** `sluice logs`: what the services say, in one stream. */
export function registerLogs(program: Command): void {
  program
    .command("logs")
    .description("show the logs of all services by time, or of one; changes nothing")
    .argument("[service]", "such as gateway, key-provisioner or postgres (default: all)")
    .option("-f, --follow", "follow new lines until Ctrl-C, also when a container is replaced")
    .option(
      "--since <time>",
      "lines since then: a duration such as 10m, or a moment such as 2026-03-10T09:00:00Z",
      parseSince,
    )
    .option("-n, --tail <number>", "lines of each service to show, from the end", parseTail)
    .option(
      "--json",
      "every line as a JSON object; lines of the gateway and key-provisioner are as they wrote them",
    )
    .action(logs);
}

async function logs(asked: string | undefined, options: LogsOptions): Promise<void> {
  const { follow = false, since, tail, json = false } = options;
  const platform = platformName();
  await checkDockerEngine();
  const containers = await platformContainers(platform);
  const all = containers.map(({ Name }) => Name.slice(platform.length + 2));
  const services = chooseServices(asked, all, platform);
  const form: LogFormat["form"] = json ? "json" : process.stdout.isTTY ? "readable" : "plain";
  const stopping = new AbortController();
  const endListening = onStopSignal(() => stopping.abort());
  // `| head` has what it wants.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exitCode = 1;
    stopping.abort();
  });
  // A reader that goes without a further line to write is only seen so.
  process.stdout.on("close", () => stopping.abort());
  const query: LogQuery = {
    platform,
    services,
    since,
    tail,
    signal: stopping.signal,
    show: (line) => write(`${formatLogLine(line, { form, services })}\n`, stopping.signal),
  };
  try {
    await (follow ? followLogs(query) : showLogs(query));
  } finally {
    endListening();
  }
}

/** Waits while a slow reader has not taken what was written. */
function write(text: string, signal: AbortSignal): Promise<void> | void {
  if (signal.aborted || process.stdout.write(text)) return;
  return new Promise((resolve) => {
    const done = () => {
      process.stdout.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    process.stdout.on("drain", done);
    signal.addEventListener("abort", done);
  });
}

function parseTail(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number of lines, such as 100.");
}

function parseSince(text: string): string {
  if (/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text) || !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError(
    "It must be a duration such as 30s, 10m or 2h, or a moment such as 2026-03-10T09:00:00Z.",
  );
}
