import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../../constructs/config/config-error";
import { defaultPlatform, loadPlatform, parsePlatform } from "../../../constructs/config/load";
import { Random } from "../../support/services/random";
import { temporaryFolder } from "../../support/temporary-folder";

const VERSION = "apiVersion: sluice/v1\n";

function findings(text: string): readonly string[] {
  try {
    parsePlatform(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.findings;
    throw error;
  }
  return [];
}

describe("a platform file", () => {
  it("needs nothing but its version", () => {
    const config = parsePlatform(VERSION);
    expect(config.name).toBe("sluice");
    expect(config.ports).toMatchObject({ gateway: 4000, keyProvisioner: 8100 });
    expect(config.exposure.address).toBe("127.0.0.1");
    expect(config.models.map((model) => model.name)).toEqual([
      "claude-sonnet-4-5",
      "claude-haiku-4-5",
      "claude-opus-4-5",
    ]);
  });

  it("keeps the other defaults of a section when one key is given", () => {
    const { ports, resources } = parsePlatform(
      `${VERSION}ports: { gateway: 4001 }\nresources: { postgres: { cpus: 0.5 } }`,
    );
    expect(ports).toMatchObject({ gateway: 4001, keyProvisioner: 8100 });
    expect(resources["postgres"]).toEqual({ memoryMegabytes: 1024, cpus: 0.5 });
  });

  it("does not share default objects between two files", () => {
    const first = parsePlatform(VERSION).models[0];
    if (first) first.name = "changed";
    expect(defaultPlatform().models[0]?.name).toBe("claude-sonnet-4-5");
  });

  it("is read from disk, and a missing file says what to do", () => {
    const file = join(temporaryFolder(), "platform.yaml");
    expect(() => loadPlatform(file)).toThrow(/cannot be read .*ENOENT.*Copy platform\.example\.yaml/);
    writeFileSync(file, `${VERSION}name: team`);
    expect(loadPlatform(file).name).toBe("team");
    writeFileSync(file, "apiVersion: sluice/v1\nports: {gateway: 80}\n");
    expect(() => loadPlatform(file)).toThrow(`${file}:2:18 ports.gateway: is too small`);
  });
});

describe("a wrong platform file", () => {
  it.each([
    [
      "an unknown key",
      `${VERSION}bogus: 1`,
      "platform.yaml:2:1 bogus: unknown key; allowed: apiVersion, name, access, exposure, ports, coder, gateway, providers, models, enforcement, guardrails, workspaces, scopes, retention, images, resources, networks; remedy: correct its spelling or remove it",
    ],
    [
      "an unknown nested key",
      `${VERSION}access: { host: a.example, hots: b }`,
      "platform.yaml:2:28 access.hots: unknown key; allowed: host; remedy: did you mean host? correct its spelling or remove it",
    ],
    [
      "another version",
      "apiVersion: sluice/v2",
      'platform.yaml:1:13 apiVersion: is not known, got "sluice/v2"; allowed: "sluice/v1"; remedy: did you mean sluice/v1? correct it',
    ],
    [
      "no version",
      "name: x",
      'platform.yaml:1:1 apiVersion: is missing; allowed: "sluice/v1"; remedy: add apiVersion: sluice/v1',
    ],
    [
      "a proxy by its name",
      `${VERSION}gateway: { trustedProxies: [10.0.0.1, proxy] }`,
      'platform.yaml:2:39 gateway.trustedProxies[1]: must be an address or a range such as 10.0.0.0/8, got "proxy"; remedy: correct it',
    ],
    [
      "an origin with an asterisk",
      `${VERSION}gateway: { corsAllowedOrigins: ["https://*.example.org"] }`,
      'platform.yaml:2:33 gateway.corsAllowedOrigins[0]: must be * or an origin such as https://chat.example.org, got "https://*.example.org"; remedy: correct it',
    ],
    [
      "an origin with a path",
      `${VERSION}gateway: { corsAllowedOrigins: ["https://a.example/chat"] }`,
      'platform.yaml:2:33 gateway.corsAllowedOrigins[0]: must be * or an origin such as https://chat.example.org, got "https://a.example/chat"; remedy: correct it',
    ],
    [
      "a port out of range",
      `${VERSION}ports: { gateway: 70000 }`,
      "platform.yaml:2:19 ports.gateway: is too large, got 70000; allowed: a whole number from 1024 to 65535; remedy: correct it, or remove the line for the default, 4000",
    ],
    [
      "a privileged port",
      `${VERSION}ports: { gateway: 80 }`,
      "platform.yaml:2:19 ports.gateway: is too small, got 80; allowed: a whole number from 1024 to 65535; remedy: correct it, or remove the line for the default, 4000",
    ],
    [
      "a port as text",
      `${VERSION}ports: { gateway: "x" }`,
      'platform.yaml:2:19 ports.gateway: is text, got "x"; allowed: a whole number from 1024 to 65535; remedy: correct it, or remove the line for the default, 4000',
    ],
    [
      "two equal ports",
      `${VERSION}ports:\n  gateway: 8100`,
      "platform.yaml:3:12 ports.keyProvisioner: is the same port as ports.gateway, got 8100; allowed: each port once; remedy: give each its own",
    ],
    [
      "a duration in words",
      `${VERSION}retention: { audit: 1 year }`,
      'platform.yaml:2:21 retention.audit: must be a duration: a whole number and s, m, h, d, w or mo, such as 1d, got "1 year"; remedy: correct it, or remove the line for the default, 365d',
    ],
    [
      "an unpinned image",
      `${VERSION}images: { postgres: "postgres:latest" }`,
      'platform.yaml:2:21 images.postgres: must be pinned: a tag other than latest, or a digest, got "postgres:latest"; remedy: correct it, or remove the line for the default, postgres:17.7-bookworm',
    ],
    [
      "a URL as host",
      `${VERSION}access: { host: "https://a.example" }`,
      'platform.yaml:2:17 access.host: must be a host name or an IPv4 address, without scheme, port or path, got "https://a.example"; remedy: correct it, or remove the line for the default, localhost',
    ],
    [
      "an unknown level",
      `${VERSION}enforcement: { default: strict }`,
      'platform.yaml:2:25 enforcement.default: is not a level, got "strict"; allowed: unrestricted, standard, design-first; remedy: name one of them, or add it to enforcement.levels',
    ],
    [
      "a level that is no name",
      `${VERSION}enforcement: { default: Design First }`,
      'platform.yaml:2:25 enforcement.default: must be the name of a level: up to 64 lower-case letters, digits and dashes, got "Design First"; remedy: correct it, or remove the line for the default, standard',
    ],
    [
      "an unknown minimum",
      `${VERSION}enforcement: { minimum: { ci: strict } }`,
      'platform.yaml:2:31 enforcement.minimum.ci: is not a level, got "strict"; allowed: unrestricted, standard, design-first; remedy: name one of them, or add it to enforcement.levels',
    ],
    [
      "a minimum of an unknown scope",
      `${VERSION}enforcement: { minimum: { workspaces: standard } }`,
      "platform.yaml:2:27 enforcement.minimum.workspaces: unknown key; allowed: *, workspace, user, ci, agent, agent:review, agent:write; remedy: did you mean workspace? correct its spelling or remove it",
    ],
    [
      "a level with a name that is taken",
      `${VERSION}enforcement: { levels: [{ name: standard, file: standard.md, strictness: 1 }] }`,
      'platform.yaml:2:33 enforcement.levels[0].name: is the name of another level, got "standard"; allowed: each name once, the standard ones are taken; remedy: choose another',
    ],
    [
      "a level with a file elsewhere",
      `${VERSION}enforcement: { levels: [{ name: a, file: ../a.md, strictness: 1 }] }`,
      'platform.yaml:2:42 enforcement.levels[0].file: must be the plain name of a .md file in prompts/, without a folder, got "../a.md"; remedy: correct it',
    ],
    [
      "a level whose file is missing",
      `${VERSION}enforcement: { levels: [{ name: a, file: missing.md, strictness: 1 }] }`,
      "platform.yaml:2:42 enforcement.levels[0].file: prompts/missing.md cannot be read (ENOENT); without valid rules the gateway refuses every request of level a; remedy: write the rules into that file",
    ],
    [
      "an unknown provider kind",
      `${VERSION}providers: { anthropic: { kind: openai } }`,
      'platform.yaml:2:33 providers.anthropic.kind: is not known, got "openai"; allowed: "anthropic", "bedrock"; remedy: choose one of them',
    ],
    [
      "a model on a missing provider",
      `${VERSION}models: [{ name: m, deployments: [{ provider: nope, model: x }], prices: { input: 1, output: 1 } }]`,
      'platform.yaml:2:47 models[0].deployments[0].provider: is not a provider, got "nope"; allowed: anthropic; remedy: name one of them, or add it to providers',
    ],
    [
      "a fraction of a nano-dollar",
      `${VERSION}models: [{ name: m, deployments: [{ provider: anthropic, model: x }], prices: { input: 0.0001, output: 1 } }]`,
      "platform.yaml:2:88 models[0].prices.input: must have at most 3 decimals, so that a price per token is a whole number of nano-USD, got 0.0001; remedy: correct it",
    ],
    [
      "two equal subnets",
      `${VERSION}networks: { edge: { subnet: 10.1.0.0/24 }, data: { subnet: 10.1.0.0/24 } }`,
      'platform.yaml:2:60 networks.data.subnet: overlaps networks.edge.subnet, 10.1.0.0/24, got "10.1.0.0/24"; allowed: subnets that share no address; remedy: write another',
    ],
    [
      "a duplicate key",
      `${VERSION}name: a\nname: b`,
      "platform.yaml:3:1 name: is given twice, first in line 2; allowed: each key once; remedy: remove one of the two",
    ],
    [
      "a tab",
      `${VERSION}access:\n	host: a`,
      "platform.yaml:3:1 is indented with a tab; allowed: spaces; remedy: replace each tab by two spaces",
    ],
    [
      "nothing in it",
      "",
      'platform.yaml:1:1 is empty; allowed: a map of settings that has at least apiVersion; remedy: start with the line "apiVersion: sluice/v1", or cp platform.example.yaml platform.yaml',
    ],
    [
      "nothing but comments",
      "# only\n",
      'platform.yaml:1:1 is empty; allowed: a map of settings that has at least apiVersion; remedy: start with the line "apiVersion: sluice/v1", or cp platform.example.yaml platform.yaml',
    ],
    [
      "a list",
      "- a\n- b\n",
      'platform.yaml:1:1 is a list; allowed: a map of settings such as apiVersion: sluice/v1; remedy: start with the line "apiVersion: sluice/v1", or cp platform.example.yaml platform.yaml',
    ],
    [
      "a single value",
      "hello",
      'platform.yaml:1:1 is a single value, got "hello"; allowed: a map of settings such as apiVersion: sluice/v1; remedy: start with the line "apiVersion: sluice/v1", or cp platform.example.yaml platform.yaml',
    ],
    [
      "a duration as a number",
      `${VERSION}retention: { audit: 365 }`,
      'platform.yaml:2:21 retention.audit: is a number, got 365; allowed: text such as "365d"; remedy: add the unit, such as 365d for days or 365h for hours',
    ],
    [
      "a port in quotes",
      `${VERSION}ports: { gateway: "4001" }`,
      'platform.yaml:2:19 ports.gateway: is text, got "4001"; allowed: a whole number from 1024 to 65535; remedy: write 4001, without quotes',
    ],
    [
      "underscores in a number",
      `${VERSION}gateway: { maxConnections: 50_000 }`,
      'platform.yaml:2:28 gateway.maxConnections: is text, got "50_000"; allowed: a whole number from 1 to 1000000; remedy: write 50000, without underscores',
    ],
    [
      "a unit behind a number",
      `${VERSION}resources: { postgres: { memoryMegabytes: 512MB } }`,
      `platform.yaml:2:43 resources.postgres.memoryMegabytes: is text, got "512MB"; allowed: a whole number from 64 to 1048576; remedy: write 512: the unit, MB, is part of the key's name`,
    ],
    [
      "gigabytes",
      `${VERSION}resources: { postgres: { memoryMegabytes: 1.5GiB } }`,
      `platform.yaml:2:43 resources.postgres.memoryMegabytes: is text, got "1.5GiB"; allowed: a whole number from 64 to 1048576; remedy: write 1536: the unit, MB, is part of the key's name`,
    ],
    [
      "a misspelt key",
      `${VERSION}retension: { audit: 365d }`,
      "platform.yaml:2:1 retension: unknown key; allowed: apiVersion, name, access, exposure, ports, coder, gateway, providers, models, enforcement, guardrails, workspaces, scopes, retention, images, resources, networks; remedy: did you mean retention? correct its spelling or remove it",
    ],
    [
      "an empty section",
      `${VERSION}ports:\nname: a`,
      "platform.yaml:2:1 ports: is empty; allowed: a map of settings; remedy: write its settings below it, indented, or remove the line",
    ],
    [
      "an empty value",
      `${VERSION}ports:\n  gateway:\n`,
      "platform.yaml:3:3 ports.gateway: is empty; allowed: a whole number from 1024 to 65535; remedy: write a value or remove the line for the default, 4000",
    ],
    [
      "an empty list",
      `${VERSION}models: []`,
      "platform.yaml:2:9 models: is too small, got 0 entries; allowed: at least 1 entries; remedy: correct it",
    ],
    [
      "no list",
      `${VERSION}gateway: { trustedProxies: 10.0.0.1 }`,
      'platform.yaml:2:28 gateway.trustedProxies: is text, got "10.0.0.1"; allowed: a list; remedy: write it as a list: ["10.0.0.1"]',
    ],
    [
      "a list for a map",
      `${VERSION}ports: [4000]`,
      "platform.yaml:2:8 ports: is a list, got [4000]; allowed: a map of settings; remedy: correct it",
    ],
    [
      "providers that the default models do not know",
      `${VERSION}providers: { bedrock: { kind: bedrock } }`,
      "platform.yaml:2:12 providers: has no anthropic, on which the default models run; remedy: write models of your own, or add a provider of that name",
    ],
    [
      "two documents",
      `${VERSION}---\nname: b\n`,
      "platform.yaml:2:1 a second document starts here; allowed: one document in a file; remedy: remove this line and all below it, or keep them in a file of their own and name that with SLUICE_CONFIG",
    ],
    [
      "an alias in itself",
      `${VERSION}models: &a [*a]`,
      "platform.yaml:2:13 *a stands for what it is part of; remedy: write out what is meant",
    ],
    [
      "an alias without an anchor",
      `${VERSION}ports: *x`,
      "platform.yaml:2:8 *x has no anchor above it; remedy: correct its name, or write the value out",
    ],
    [
      "a merge key",
      `${VERSION}ports:\n  <<: { gateway: 1 }`,
      'platform.yaml:3:3 ports["<<"]: is a merge key, which YAML 1.2 does not have; remedy: write the settings out, or refer to a whole value with *',
    ],
    [
      "overlapping subnets",
      `${VERSION}networks: { edge: { subnet: 10.1.0.0/16 }, data: { subnet: 10.1.2.0/24 } }`,
      'platform.yaml:2:60 networks.data.subnet: overlaps networks.edge.subnet, 10.1.0.0/16, got "10.1.2.0/24"; allowed: subnets that share no address; remedy: write another',
    ],
    [
      "an address as a subnet",
      `${VERSION}networks: { edge: { subnet: 10.1.0.5/16 } }`,
      `platform.yaml:2:29 networks.edge.subnet: is an address inside a subnet, got "10.1.0.5/16"; allowed: the subnet's own; remedy: write 10.1.0.0/16`,
    ],
    [
      "a subnet of one",
      `${VERSION}networks: { edge: { subnet: 10.1.0.4/32 } }`,
      'platform.yaml:2:29 networks.edge.subnet: is too small, got "10.1.0.4/32"; allowed: /8 to /28; remedy: write one such as 10.1.0.4/24',
    ],
    [
      "a subnet of loopback",
      `${VERSION}networks: { edge: { subnet: 127.0.0.0/16 } }`,
      'platform.yaml:2:29 networks.edge.subnet: has addresses of each host itself, got "127.0.0.0/16"; allowed: subnets within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10; remedy: write one such as 10.80.1.0/24',
    ],
    [
      "no for false",
      `${VERSION}networks: { workspaces: { internet: no } }`,
      'platform.yaml:2:37 networks.workspaces.internet: is text, got "no"; allowed: true or false; remedy: write false',
    ],
    [
      "on for true",
      `${VERSION}networks: { workspaces: { internet: on } }`,
      'platform.yaml:2:37 networks.workspaces.internet: is text, got "on"; allowed: true or false; remedy: write true',
    ],
    [
      "leading zeros",
      `${VERSION}ports: { gateway: 04000 }`,
      "platform.yaml:2:19 ports.gateway: has leading zeros, got 04000, which some programs read as an octal number; remedy: write 4000",
    ],
    [
      "YAML 1.1",
      "%YAML 1.1\n---\napiVersion: sluice/v1\n",
      "platform.yaml:1:1 says %YAML 1.1; allowed: YAML 1.2, in which on and 0123 mean something else; remedy: remove the line",
    ],
    [
      "a tag",
      `${VERSION}name: !env X`,
      "platform.yaml:2:7 has a tag, which means nothing here; remedy: remove the word with the exclamation mark",
    ],
    [
      "an open quote",
      `${VERSION}name: "abc`,
      'platform.yaml:2:11 is not valid YAML: Missing closing "quote; remedy: correct this line or the one above it, platform.example.yaml shows the form',
    ],
    [
      "a key that is a list",
      `${VERSION}? [a]\n: b`,
      "platform.yaml:2:3 is no plain key; allowed: keys that are text; remedy: write it as `key: value`",
    ],
    [
      "too many levels",
      `${VERSION}a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[`,
      "platform.yaml:2:54 is nested too deeply; allowed: six levels or so; remedy: compare with platform.example.yaml",
    ],
    [
      "too many dashes",
      `${VERSION}a:\n- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - `,
      "platform.yaml:3:1 is nested too deeply; allowed: six levels or so; remedy: compare with platform.example.yaml",
    ],
    [
      "a price in quotes",
      `${VERSION}models: [{ name: m, deployments: [{ provider: anthropic, model: x }], prices: { input: "3", output: 1 } }]`,
      'platform.yaml:2:88 models[0].prices.input: is text, got "3"; allowed: a number from 0 to 10000; remedy: write 3, without quotes',
    ],
    [
      "a missing price",
      `${VERSION}models: [{ name: m, deployments: [{ provider: anthropic, model: x }], prices: { input: 3 } }]`,
      "platform.yaml:2:79 models[0].prices.output: is missing; allowed: a number from 0 to 10000; remedy: add output: …",
    ],
    [
      "an unknown level for a scope with a colon",
      `${VERSION}enforcement: { minimum: { "agent:write": strict } }`,
      'platform.yaml:2:42 enforcement.minimum["agent:write"]: is not a level, got "strict"; allowed: unrestricted, standard, design-first; remedy: name one of them, or add it to enforcement.levels',
    ],
    [
      "a fraction of a port",
      `${VERSION}ports: { gateway: 4000.5 }`,
      "platform.yaml:2:19 ports.gateway: is a number, got 4000.5; allowed: a whole number from 1024 to 65535; remedy: write a whole number, such as 4001",
    ],
    [
      "no number",
      `${VERSION}ports: { gateway: .nan }`,
      "platform.yaml:2:19 ports.gateway: is a number, got NaN; allowed: a whole number from 1024 to 65535; remedy: correct it, or remove the line for the default, 4000",
    ],
    [
      "a number as name",
      `${VERSION}name: 12`,
      'platform.yaml:2:7 name: is a number, got 12; allowed: text such as "sluice"; remedy: put it in quotes: "12"',
    ],
    [
      "a misspelt kind",
      `${VERSION}providers: { anthropic: { kind: antropic } }`,
      'platform.yaml:2:33 providers.anthropic.kind: is not known, got "antropic"; allowed: "anthropic", "bedrock"; remedy: did you mean anthropic? choose one of them',
    ],
    [
      "no kind",
      `${VERSION}providers: { anthropic: {} }`,
      'platform.yaml:2:25 providers.anthropic.kind: is missing; allowed: "anthropic", "bedrock"; remedy: say which it is',
    ],
    [
      "a misspelt pattern",
      `${VERSION}guardrails: { patterns: [slak-token] }`,
      'platform.yaml:2:26 guardrails.patterns[0]: is not known, got "slak-token"; allowed: "default", "private-key", "aws-access-key-id", "aws-secret-access-key", "github-token", "gitlab-token", "slack-token", "google-api-key", "stripe-key", "anthropic-key", "openai-key", "gateway-key", "npm-token", "azure-storage-key", "jwt", "secret-assignment", "credit-card", "iban", "us-ssn", "phone-number", "email"; remedy: did you mean slack-token? correct it',
    ],
    [
      "a secret's name for a credential",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: GATEWAY_MASTER_KEY } }`,
      'platform.yaml:2:55 providers.anthropic.apiKeyEnv: is the name of a secret that Sluice generates, got "GATEWAY_MASTER_KEY"; allowed: a name that nothing else reads; remedy: put the value into a variable of its own, such as ANTHROPIC_API_KEY',
    ],
    [
      "a service's variable for a credential",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: DATABASE_URL } }`,
      `platform.yaml:2:55 providers.anthropic.apiKeyEnv: is a variable of Sluice's services, got "DATABASE_URL"; allowed: a name that nothing else reads; remedy: put the value into a variable of its own, such as ANTHROPIC_API_KEY`,
    ],
    [
      "the gateway's key for a credential",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: LITELLM_MASTER_KEY } }`,
      `platform.yaml:2:55 providers.anthropic.apiKeyEnv: is a variable of Sluice's services, got "LITELLM_MASTER_KEY"; allowed: a name that nothing else reads; remedy: put the value into a variable of its own, such as ANTHROPIC_API_KEY`,
    ],
    [
      "PATH for a credential",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: PATH } }`,
      'platform.yaml:2:55 providers.anthropic.apiKeyEnv: is a variable of the system, got "PATH"; allowed: a name that nothing else reads; remedy: put the value into a variable of its own, such as ANTHROPIC_API_KEY',
    ],
    [
      "a variable in lower case",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: anthropic_api_key } }`,
      'platform.yaml:2:55 providers.anthropic.apiKeyEnv: must be the NAME of an environment variable, such as ANTHROPIC_API_KEY, got "anthropic_api_key"; remedy: correct it, or remove the line for the default, ANTHROPIC_API_KEY',
    ],
    [
      "one variable for two kinds of credentials",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: AWS_SECRET_ACCESS_KEY }, bedrock: { kind: bedrock } }`,
      'platform.yaml:2:55 providers.bedrock.secretAccessKeyEnv: is the variable of providers.anthropic.apiKeyEnv, which holds something else, got "AWS_SECRET_ACCESS_KEY"; allowed: one variable for one kind of credential; remedy: give each its own',
    ],
    [
      "a provider in capitals",
      `${VERSION}providers: { anthropic: { kind: anthropic }, Team: { kind: anthropic } }`,
      'platform.yaml:2:46 providers.Team: must be a short lower-case name, got "Team"; remedy: choose another name',
    ],
    [
      "a scope's model that is not offered",
      `${VERSION}scopes: { ci: { models: [claude-haiku-4-5, claude-haiku-4] } }`,
      'platform.yaml:2:44 scopes.ci.models[1]: is not a model, got "claude-haiku-4"; allowed: claude-sonnet-4-5, claude-haiku-4-5, claude-opus-4-5; remedy: did you mean claude-haiku-4-5? name one of them, or add it to models',
    ],
    [
      "a budget below zero",
      `${VERSION}scopes: { user: { budgetUsd: -1 } }`,
      "platform.yaml:2:30 scopes.user.budgetUsd: is too small, got -1; allowed: a number from 0 to 1000000; remedy: correct it, or remove the line for the default, 20",
    ],
    [
      "a name of text elsewhere in capitals",
      `${VERSION}name: Team`,
      'platform.yaml:2:7 name: must be 1 to 24 lower-case letters, digits and dashes, got "Team"; remedy: correct it, or remove the line for the default, sluice',
    ],
  ])("with %s is refused where it stands", (_what, text, expected) => {
    expect(findings(text)).toEqual([expected]);
  });

  it.each([
    ["admin", "admin: { email: admin@example.com }", "2:1"],
    ["images.redis", 'images:\n  redis: "redis:7.4.7"', "3:3"],
    ["resources.redis", "resources: { redis: { cpus: 1 } }", "2:14"],
  ])("with %s, which nothing ever read, is told to remove it", (path, text, place) => {
    expect(findings(`${VERSION}${text}`)).toEqual([
      `platform.yaml:${place} ${path}: is no setting any more; remedy: remove it: nothing reads it`,
    ]);
  });

  it("reports all findings at once, in the order of the file", () => {
    const found = findings(
      "apiVersion: nope\nports: { gateway: 4100, keyProvisioner: 4100 }\nbogus: 1\nname: NO\n",
    );
    expect(found.map((line) => line.split(" ")[0])).toEqual([
      "platform.yaml:1:13",
      "platform.yaml:2:41",
      "platform.yaml:3:1",
      "platform.yaml:4:7",
    ]);
  });

  it("never repeats a value that looks like a key", () => {
    const key = ["sk-ant", "api03", "abcdefghijklmnopqrst"].join("-");
    const found = findings(`${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: ${key} } }`);
    expect(found[0]).toContain("looks like a key or password");
    expect(found.join("\n")).not.toContain(key);
  });

  it("refuses a key in an otherwise correct place", () => {
    const found = findings(
      `${VERSION}providers: { a: { kind: anthropic, baseUrl: "https://user:hunter2secret@proxy.example" } }\nmodels: [{ name: m, deployments: [{ provider: a, model: x }], prices: { input: 1, output: 1 } }]`,
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("platform.yaml:2:45 providers.a.baseUrl: this value looks like a key");
    expect(found[0]).not.toContain("hunter2secret");
  });

  it("reads the bytes of a file as UTF-8, with or without a byte order mark, and with any line ends", () => {
    const file = join(temporaryFolder(), "platform.yaml");
    const load = (bytes: Buffer | string) => {
      writeFileSync(file, bytes);
      return loadPlatform(file);
    };
    expect(load(`\uFEFF${VERSION}name: team\r\n`).name).toBe("team");
    expect(load(`${VERSION}# \uFFFD is a character as well\nname: team`).name).toBe("team");
    expect(() => load(`${VERSION}\r\nports:\r\n  gateway: 1\r\n`)).toThrow(
      "platform.yaml:4:12 ports.gateway: is too small, got 1",
    );
    expect(() => load(Buffer.from(`\uFEFF${VERSION}`, "utf16le"))).toThrow(
      new ConfigError([`${file}:1:1 is UTF-16; allowed: UTF-8; remedy: save it as UTF-8 in your editor`]),
    );
    expect(() => load(Buffer.concat([Buffer.from(`${VERSION}# \uFFFD caf`), Buffer.from([0xe9])]))).toThrow(
      new ConfigError([
        `${file}:2:8 is not UTF-8 (byte 0xE9); allowed: UTF-8; remedy: save it as UTF-8 in your editor`,
      ]),
    );
  });

  it("may refer to a value of its own as often as it likes", () => {
    const model = (name: string, prices: string) =>
      `  - { name: ${name}, deployments: [{ provider: anthropic, model: x }], prices: ${prices} }\n`;
    const others = Array.from({ length: 150 }, (_, index) => model(`m${index}`, "*usual")).join("");
    const text = `${VERSION}models:\n${model("first", "&usual { input: 3, output: 15 }")}${others}`;
    expect(parsePlatform(text, "platform.yaml").models.at(-1)?.prices.output).toBe(15);
    expect(findings(text.replace("input: 3", "input: -3"))[0]).toContain(
      "platform.yaml:3:94 models[0].prices.input: is too small, got -3",
    );
  });

  it("is bounded in size and in alias expansion, and refused in no time", () => {
    const start = performance.now();
    expect(findings(`${VERSION}# ${"x".repeat(256 * 1024)}`)).toEqual([
      "platform.yaml:1:1 has 262168 bytes; allowed: at most 262144, a platform fits in a few hundred lines; remedy: check that this is the file you mean",
    ]);
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefghij"
        .split("")
        .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdefghi"[i]}`).join(",")}]`),
    ];
    expect(findings(`${VERSION}${bomb.join("\n")}`)).toEqual([
      "platform.yaml:7:8 makes more than 100000 values of this file; allowed: a platform has some hundreds; remedy: write out what is meant, without aliases of aliases",
    ]);
    const keys = Array.from({ length: 15_000 }, (_, index) => `key${index}: 1`).join("\n");
    const found = findings(`${VERSION}${keys}`);
    expect(found).toHaveLength(51);
    expect(found.at(-1)).toContain("more findings; remedy: correct those above first");
    // It takes a second or two; quadratic work takes minutes.
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

describe("a file that anybody has edited at random", () => {
  const example = readFileSync(join(__dirname, "../../../examples/team/platform.yaml"), "utf8");
  const PIECES = [
    ..."\n\t -:#&*!|>'\"%@`{}[],?0aé\u2028\0",
    "<<: ",
    "---\n",
    "~",
    "&a ",
    "*a",
    "0x1F",
    "1e999",
    "on",
    "  ",
  ];

  it.each([1, 2, 3, 4])("is read or refused with line and column (seed %i)", (seed) => {
    const random = new Random(seed);
    const below = (limit: number) => random.int(0, limit - 1);
    for (let round = 0; round < 150; round += 1) {
      let text = example;
      for (let edit = 0; edit <= below(4); edit += 1) {
        const at = below(text.length);
        const piece = random.pick(PIECES);
        const cut = below(3) === 0 ? below(40) : 0;
        text = `${text.slice(0, at)}${piece.repeat(1 + below(2))}${text.slice(at + cut)}`;
      }
      for (const line of findings(text)) {
        expect({ text, line }).toEqual({ text, line: expect.stringMatching(/^platform\.yaml:\d+:\d+ \S/) });
        expect(line).not.toMatch(/undefined|\[object|\bNode_|\n/);
      }
    }
  });
});
