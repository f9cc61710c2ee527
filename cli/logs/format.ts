import { paint } from "../terminal/paint";
import type { LogLine } from "./log-line";

/** How lines are shown. */
export interface LogFormat {
  /** `json`: every line is a JSON object. `plain`: lines as they are. `readable`: for people at a terminal. */
  readonly form: "json" | "plain" | "readable";
  /** Services whose lines come; the name stands in front when they are several. */
  readonly services: readonly string[];
}

const LEVELS: Readonly<Record<number, string>> = {
  10: "TRACE",
  20: "DEBUG",
  30: "INFO",
  40: "WARN",
  50: "ERROR",
  60: "FATAL",
};
const SERVICE_COLOURS = ["cyan", "magenta", "blue", "green", "yellow", "cyanBright"] as const;
/** Of every line of our services; all others are told as fields. */
const COMMON = new Set(["level", "time", "pid", "hostname", "name", "msg"]);

/** Formats one line. */
export function formatLogLine(line: LogLine, { form, services }: LogFormat): string {
  const entry = parseObject(line.text);
  if (form === "json") {
    return entry === undefined
      ? JSON.stringify({ name: line.service, time: Date.parse(line.time), msg: line.text })
      : line.text;
  }
  const prefix = services.length > 1 ? `${servicePrefix(line.service, services, form)} ` : "";
  return `${prefix}${form === "plain" ? line.text : readable(line, entry)}`;
}

function servicePrefix(service: string, services: readonly string[], form: LogFormat["form"]): string {
  const width = Math.max(...services.map(({ length }) => length));
  const text = `${service.padEnd(width)} |`;
  const colour = SERVICE_COLOURS[Math.max(0, services.indexOf(service)) % SERVICE_COLOURS.length] ?? "cyan";
  return form === "readable" ? paint(colour, text) : text;
}

/** Level, time, message and fields of our services' lines; others as they are. */
function readable({ text, time }: LogLine, entry: Record<string, unknown> | undefined): string {
  if (entry === undefined || typeof entry["level"] !== "number" || typeof entry["msg"] !== "string")
    return visible(text);
  const level = LEVELS[entry["level"]] ?? String(entry["level"]);
  const painted =
    entry["level"] >= 50 ? paint("red", level) : entry["level"] >= 40 ? paint("yellow", level) : level;
  const fields = Object.entries(entry)
    .filter(([name]) => !COMMON.has(name))
    .map(([name, value]) => paint("dim", ` ${visible(name)}=${visible(fieldText(value))}`));
  return `${time.slice(11, 23)} ${painted}${" ".repeat(5 - level.length)} ${visible(entry["msg"])}${fields.join("")}`;
}

function fieldText(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

/** Callers have a say in what is logged: control characters must not command the reader's terminal. */
function visible(text: string): string {
  return text.replace(
    /(?!\t)\p{Cc}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
