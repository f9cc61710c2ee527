import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { PlatformSchema } from "../constructs/config/schema";
import { SERVICES } from "../constructs/service-catalog";
import { databaseSecret, type ServiceDefinition, settingName } from "../constructs/service-definition";

/** The reference for people, made from the same zod schema as the editor's. */
export const REFERENCE_FILE = join(resolve(__dirname, ".."), "docs/configuration.md");

interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

/** Text of docs/configuration.md. */
export function renderReference(): string {
  const schema = z.toJSONSchema(PlatformSchema, { io: "input", target: "draft-7" }) as Node;
  const sections = Object.entries(schema.properties ?? {}).map(([name, node]) => section(name, node));
  return `<!-- Generated from constructs/config and constructs/services. Do not edit: npm run generate -->
# platform.yaml

Every setting, with its default. Only \`apiVersion\` is required. Secrets are never written here, only the names of the
environment variables that hold them. Errors name the line, the column, the value and what is allowed.

${sections.join("\n")}
# What is deployed

Containers are called \`<name>-<service>\`. A service with configuration or secrets has a volume \`<name>-<service>-files\` as well, and a container of that
name, which runs once for each change and puts them there.

| service | what it does | networks | published | data | secrets |
|---|---|---|---|---|---|
${SERVICES.map(serviceRow).join("\n")}

| output | what it is |
|---|---|
${SERVICES.flatMap(outputRows).join("\n")}
| \`data_volumes\` | the volumes with data; no plan can delete them |
`;
}

function serviceRow(service: ServiceDefinition): string {
  const { name, summary, networks, port, volumes = {}, secrets = {}, database } = service;
  const own = [...Object.keys(secrets), ...(database === undefined ? [] : [databaseSecret(database.name)])];
  return `| ${[
    name,
    summary,
    networks === "host" ? "the host's" : Object.keys(networks).join(", "),
    port === undefined ? "–" : `\`ports.${settingName(service)}\` → ${port.container}`,
    list(Object.keys(volumes).map((volume) => `<name>-${name}-${volume}`)),
    list(own),
  ].join(" | ")} |`;
}

function outputRows({ outputs = {} }: ServiceDefinition): string[] {
  return Object.entries(outputs).map(([name, { description }]) => `| \`${name}\` | ${description} |`);
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "–" : names.map((name) => `\`${name}\``).join(", ");
}

function section(name: string, node: Node): string {
  const rows = rowsOf(name, node);
  return `## ${name}\n\n${node.description ?? ""}\n\n| setting | allowed | default | |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

function rowsOf(path: string, node: Node): string[] {
  const children = Object.entries(node.properties ?? {});
  if (children.length > 0) return children.flatMap(([name, child]) => rowsOf(`${path}.${name}`, child));
  const nested = [
    ...(node.items === undefined ? [] : rowsOf(`${path}[]`, node.items)),
    ...(typeof node.additionalProperties === "object"
      ? rowsOf(`${path}.<name>`, node.additionalProperties)
      : []),
    ...(node.oneOf ?? []).flatMap((option) => rowsOf(path, option)),
  ];
  if (nested.length > 0) return nested;
  return [`| \`${path}\` | ${allowed(node)} | ${defaultOf(node)} | ${describe(node)} |`];
}

function allowed(node: Node): string {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(", ");
  if (node.type === "number" || node.type === "integer") {
    const kind = node.type === "integer" ? "whole number" : "number";
    return `${kind}, ${node.minimum ?? "…"} to ${node.maximum ?? "…"}`;
  }
  return node.type ?? "text";
}

function defaultOf(node: Node): string {
  const named = /@default - (.*)$/.exec(node.description ?? "")?.[1];
  if (named) return named;
  return node.default === undefined ? "" : `\`${JSON.stringify(node.default).replace(/^"|"$/g, "")}\``;
}

function describe(node: Node): string {
  return (node.description ?? "").replace(/ ?@default - .*$/, "").replaceAll("|", "\\|");
}

if (require.main === module) {
  if (!process.argv.includes("--check")) writeFileSync(REFERENCE_FILE, renderReference());
  else if (readFileSync(REFERENCE_FILE, "utf8") !== renderReference()) {
    console.error("docs/configuration.md is stale. Remedy: npm run generate");
    process.exitCode = 1;
  }
}
