import { formatSize } from "../docker/size";
import { paint } from "../terminal/paint";
import { readinessInWords } from "./judge";
import type {
  CoderStatus,
  ContainerStatus,
  DiskStatus,
  ModelStatus,
  PlatformStatus,
} from "./platform-status";

/**
 * For people: what runs, what can be used, how much room there is, and what is wrong.
 * @param columns width of the terminal; where the table does not fit, it is told below each other
 */
export function statusReport(
  status: PlatformStatus,
  now = Date.now(),
  columns = process.stdout.columns ?? Number.POSITIVE_INFINITY,
): string {
  const sections = [
    containerTable(status.containers, now, columns),
    facts(status),
    status.notices.map((notice) => `${paint("yellow", "!")} ${notice}`),
    status.problems.map(({ what, remedy }) => `${paint("red", "✗")} ${what}\n  → ${remedy}`),
    [verdict(status)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function verdict({ name, well, problems }: PlatformStatus): string {
  if (well) return paint("green", `✓ ${name} is healthy`);
  return paint(
    "red",
    `${name} is unhealthy: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
  );
}

function containerTable(containers: readonly ContainerStatus[], now: number, columns: number): string[] {
  if (containers.length === 0) return [];
  const rows = containers.map((one) => [
    one.service,
    stateOf(one),
    one.since === null ? "" : `${age(Date.parse(one.since), now)}${one.state === "running" ? "" : " ago"}`,
    String(one.restarts),
    imageOf(one),
  ]);
  const heads = ["SERVICE", "STATE", "SINCE", "RESTARTS", "IMAGE"];
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  // Two spaces stand between columns.
  const isWide = widths.reduce((sum, width) => sum + width + 2, -2) > columns;
  if (isWide) return rows.flatMap((row, index) => narrowRow(row, containers[index] as ContainerStatus));
  return all.map((row, index) => {
    const cells = row.map((cell, column) => {
      const padded = cell.padEnd(widths[column] ?? 0);
      const container = containers[index - 1];
      return column === 1 && container !== undefined ? paint(colourOf(container), padded) : padded;
    });
    return cells.join("  ").trimEnd();
  });
}

function narrowRow(
  [service = "", state = "", since = "", restarts = "", image = ""]: readonly string[],
  container: ContainerStatus,
): string[] {
  const [name = "", ...checkout] = image.split(" (");
  return [
    service,
    `  ${paint(colourOf(container), state)}${since === "" ? "" : `, ${since}`}${restarts === "0" ? "" : `, restarts: ${restarts}`}`,
    ...(name === "" ? [] : [`  ${name}`]),
    ...checkout.map((text) => `  (${text}`),
  ];
}

function stateOf({ state, kind, health, exit_code, oom_killed }: ContainerStatus): string {
  if (kind === "job" && state === "exited") return exit_code === 0 ? "done" : `failed (${exit_code})`;
  if (state === "running") return health === null ? "running" : health;
  return oom_killed ? `${state}, out of memory` : state;
}

function colourOf({ kind, state, health, exit_code }: ContainerStatus): "green" | "yellow" | "red" {
  if (kind === "job" && state === "exited") return exit_code === 0 ? "green" : "red";
  if (state !== "running" || health === "unhealthy") return "red";
  return health === "starting" ? "yellow" : "green";
}

function imageOf({ image, checkout_tag }: ContainerStatus): string {
  if (image === null) return "";
  return checkout_tag === null || image.endsWith(`:${checkout_tag}`)
    ? image
    : `${image} (checkout: ${checkout_tag})`;
}

function facts(status: PlatformStatus): string[] {
  const { gateway, coder, models, disk, checkout_version, key_provisioner, certificate, plan } = status;
  const rows: [string, string][] = [];
  if (gateway !== null) {
    rows.push(["gateway", readinessInWords(gateway)]);
    const other = gateway.version === checkout_version ? "" : ` (checkout: ${checkout_version})`;
    if (gateway.version !== null) rows.push(["version", `${gateway.version}${other}`]);
  }
  if (key_provisioner !== null) rows.push(["key-provisioner", key_provisioner.ready ? "ready" : "not ready"]);
  if (coder !== null) rows.push(...coderRows(coder));
  if (models.length > 0) rows.push(["models", modelsInWords(models)]);
  if (certificate !== null) {
    const { host, valid_until, days_left } = certificate;
    rows.push([
      "certificate",
      `of ${host}, until ${valid_until.slice(0, 10)} (${days_left} days left): sluice certs`,
    ]);
  }
  if (plan !== null) rows.push(["plan", plan]);
  rows.push(...diskRows(disk));
  if (gateway !== null && gateway.journal_bytes !== null)
    rows.push(["journal", gateway.journal_bytes === 0 ? "empty" : formatSize(gateway.journal_bytes)]);
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `${label.padEnd(width)}  ${text}`);
}

function coderRows({ version, bootstrapped, template, users }: CoderStatus): [string, string][] {
  const state = bootstrapped === null ? "gives no answer" : bootstrapped ? "set up" : "not set up";
  return [
    ["coder", `${state}${version === null ? "" : ` (${version})`}`],
    ["template", template === null ? "none" : `${template.name}, version ${template.version}`],
    ...(users.length === 0 ? [] : [["users", users.join(", ")] as [string, string]]),
  ];
}

function modelsInWords(models: readonly ModelStatus[]): string {
  const usable = models.filter((model) => model.usable).map(({ name }) => name);
  return `${usable.length} of ${models.length} usable${usable.length === 0 ? "" : `: ${usable.join(", ")}`}`;
}

function diskRows({ free_bytes, size_bytes, volumes, databases }: DiskStatus): [string, string][] {
  const sizes = (named: Readonly<Record<string, number>>) =>
    Object.entries(named)
      .map(([name, bytes]) => `${name} ${formatSize(bytes)}`)
      .join(", ");
  return [
    ...(free_bytes === null || size_bytes === null
      ? []
      : [["disk", `${formatSize(free_bytes)} free of ${formatSize(size_bytes)}`] as [string, string]]),
    ...(volumes === null || Object.keys(volumes).length === 0
      ? []
      : [["volumes", sizes(volumes)] as [string, string]]),
    ...(databases === null ? [] : [["databases", sizes(databases)] as [string, string]]),
  ];
}

/** Such as `3 h`: one unit, as it is read at a glance. */
function age(since: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - since) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
