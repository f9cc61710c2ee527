import { PLATFORM_LABEL } from "../../constructs/engine-names";
import { DockerStream } from "../docker/stream";
import { UserError } from "../terminal/user-error";
import { type LogLine, parseLogLine } from "./log-line";
import { mergeByTime } from "./merge";

/** Whose lines, and which. */
export interface LogQuery {
  readonly platform: string;
  /** Names without the platform's prefix. */
  readonly services: readonly string[];
  /** As docker takes it: `10m`, or a moment. @default - from the beginning */
  readonly since?: string | undefined;
  /** Most lines of each service. @default - all */
  readonly tail?: number | undefined;
  /** Called for each line; what it returns is waited for. */
  readonly show: (line: LogLine) => void | Promise<void>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Shows the lines that are there, all services in order of time. @throws UserError with what docker says when it fails */
export async function showLogs(query: LogQuery): Promise<ReadonlyMap<string, string>> {
  const lastTimes = new Map<string, string>();
  const streams: DockerStream[] = [];
  const complaints: string[] = [];
  const sources = query.services.flatMap((service) => {
    const stream = new DockerStream(["logs", ...selection(query), `${query.platform}-${service}`]);
    streams.push(stream);
    return stream.lines.map((lines) => parsed(service, lines, complaints));
  });
  const stop = () => {
    for (const stream of streams) stream.stop();
  };
  query.signal.addEventListener("abort", stop);
  try {
    for await (const line of mergeByTime(sources)) {
      if (query.signal.aborted) break;
      lastTimes.set(line.service, line.time);
      await query.show(line);
    }
    if (query.signal.aborted) return lastTimes;
    const codes = await Promise.all(streams.map(({ ended }) => ended));
    if (codes.some((code) => code !== 0)) throw new UserError(`docker logs failed: ${complaints.join("; ")}`);
    return lastTimes;
  } finally {
    query.signal.removeEventListener("abort", stop);
    stop();
  }
}

/**
 * Shows the lines that are there, then those that come, until the signal. A container that is started again or replaced is followed on;
 * no line is left out or shown twice.
 * @throws UserError when the engine goes away
 */
export async function followLogs(query: LogQuery): Promise<void> {
  const { platform, services, signal } = query;
  // First of all: a start while the old lines are shown must not be missed.
  const events = new DockerStream([
    "events",
    "--filter=type=container",
    "--filter=event=start",
    `--filter=label=${PLATFORM_LABEL}=${platform}`,
    "--format={{.Actor.Attributes.name}}",
  ]);
  const following = new Map<string, DockerStream>();
  const stop = () => {
    events.stop();
    for (const stream of following.values()) stream.stop();
  };
  signal.addEventListener("abort", stop);
  try {
    const lastTimes = new Map(await showLogs(query));
    // One line at a time, whichever service it comes from.
    let shown: Promise<void> = Promise.resolve();
    const show = (line: LogLine) => {
      const last = lastTimes.get(line.service);
      if (signal.aborted || (last !== undefined && line.time <= last)) return shown;
      lastTimes.set(line.service, line.time);
      shown = shown.then(() => query.show(line));
      return shown;
    };
    const follow = async (service: string): Promise<void> => {
      // A stream that is open already ends by itself when its container does.
      if (signal.aborted) return;
      const since = lastTimes.get(service) ?? query.since;
      const stream = new DockerStream([
        "logs",
        "--follow",
        "--timestamps",
        ...(since === undefined ? [] : ["--since", since]),
        `${platform}-${service}`,
      ]);
      const old = following.get(service);
      following.set(service, stream);
      old?.stop();
      await Promise.all(
        stream.lines.map(async (lines) => {
          for await (const line of parsed(service, lines, [])) await show(line);
        }),
      );
    };
    const failures: unknown[] = [];
    const start = (service: string) =>
      void follow(service).catch((error: unknown) => {
        failures.push(error);
        stop();
      });
    for (const service of services) start(service);
    for await (const name of events.lines[0] ?? []) {
      const service = name.slice(platform.length + 1);
      if (services.includes(service)) start(service);
    }
    if (failures.length > 0) throw failures[0];
    if (!signal.aborted) throw new UserError("the Docker engine has gone away");
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

function selection({ since, tail }: LogQuery): string[] {
  return [
    "--timestamps",
    ...(since === undefined ? [] : ["--since", since]),
    ...(tail === undefined ? [] : ["--tail", String(tail)]),
  ];
}

async function* parsed(
  service: string,
  lines: AsyncIterable<string>,
  complaints: string[],
): AsyncGenerator<LogLine> {
  for await (const text of lines) {
    const line = parseLogLine(service, text);
    if (line !== undefined) yield line;
    else if (text !== "") complaints.push(text);
  }
}
