import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ACCESS_KEY } from "../../../constructs/coder";
import { reservedFor } from "../../../constructs/config/reserved-names";
import { HOST_FACTS } from "../../../constructs/host-fact";
import { SECRETS } from "../../../constructs/secret-catalog";
import { synthesizePlatform } from "../../support/platform-fixture";
import { PROJECT, sourceFiles } from "../../support/source-files";

/** Names of credentials, which an operator may keep: they are what the names are for. */
const CREDENTIALS = ["ANTHROPIC_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

const textOf = (file: string) => readFileSync(join(PROJECT, file), "utf8");
const matches = (files: readonly string[], pattern: RegExp) =>
  files.flatMap((file) => [...textOf(file).matchAll(pattern)].map(([, name = ""]) => name));

/** Everything that reads an environment: variables of the services' schemas, and what is looked up by name. */
const readBySources = [
  ...matches(
    sourceFiles("services").filter((file) => file.endsWith("/config.ts")),
    /^ {2,4}([A-Z][A-Z0-9_]+):/gm,
  ),
  ...matches(
    [...sourceFiles("services"), ...sourceFiles("cli"), ...sourceFiles("constructs")],
    /\benv(?:\.|\[")([A-Z][A-Z0-9_]+)\b/g,
  ),
];

const ofContainers = Object.values(synthesizePlatform().resource["docker_container"] ?? {}).flatMap(
  (container) => ((container["env"] ?? []) as string[]).map((entry) => entry.split("=")[0] ?? ""),
);

/** What reaches a container as a file stands for the variable of its name. */
const delivered = Object.values(synthesizePlatform().resource["docker_container"] ?? {}).flatMap(
  (container) =>
    ((container["upload"] ?? []) as { file: string }[]).flatMap(
      ({ file }) => /\/secrets\/([A-Z0-9_]+)$/.exec(file)?.[1] ?? [],
    ),
);

const known = [...new Set([...readBySources, ...ofContainers, ...delivered])].filter(
  (name) => !CREDENTIALS.includes(name),
);

it("is found at all", () => {
  expect(known.length).toBeGreaterThan(30);
  expect(known).toEqual(expect.arrayContaining(["LITELLM_MASTER_KEY", "DATABASE_PASSWORD", "GATEWAY_URL"]));
});

it("holds every variable that Sluice's own code and containers read", () => {
  expect(known.filter((name) => reservedFor(name) === undefined)).toEqual([]);
});

it.each([...Object.keys(HOST_FACTS), ACCESS_KEY])(
  "holds %s, the name of a variable with a fact of the host",
  (name) => {
    expect(reservedFor(name.toUpperCase())).toMatch(/^a variable of /);
  },
);

it.each(Object.keys(SECRETS))("holds %s, the name of a generated secret", (name) => {
  expect(reservedFor(name.toUpperCase())).toBe("the name of a secret that Sluice generates");
});

it.each([
  ["TF_VAR_gateway_master_key", "Terraform"],
  ["NODE_OPTIONS", "Node.js"],
  ["LD_PRELOAD", "the system"],
  ["DOCKER_HOST", "Docker"],
  ["VERSION", "Terraform"],
  ["PATH", "the system"],
])("holds %s", (name, reader) => expect(reservedFor(name)).toBe(`a variable of ${reader}`));

it.each([...CREDENTIALS, "AWS_SESSION_TOKEN", "TEAM_B_ANTHROPIC_KEY", "PORTAL_KEY", "CLAUDE_API_KEY"])(
  "leaves %s to the operator",
  (name) => expect(reservedFor(name)).toBeUndefined(),
);
