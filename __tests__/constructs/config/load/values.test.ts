import { findingsOf } from "../../../support/config-findings";

const VERSION = "apiVersion: sluice/v1\n";

describe("a platform file with a wrong value", () => {
  it.each([
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
      "a level that is no name",
      `${VERSION}enforcement: { default: Design First }`,
      'platform.yaml:2:25 enforcement.default: must be the name of a level: up to 64 lower-case letters, digits and dashes, got "Design First"; remedy: correct it, or remove the line for the default, standard',
    ],
    [
      "a level with a file elsewhere",
      `${VERSION}enforcement: { levels: [{ name: a, file: ../a.md, strictness: 1 }] }`,
      'platform.yaml:2:42 enforcement.levels[0].file: must be the plain name of a .md file in prompts/, without a folder, got "../a.md"; remedy: correct it',
    ],
    [
      "an unknown provider kind",
      `${VERSION}providers: { anthropic: { kind: openai } }`,
      'platform.yaml:2:33 providers.anthropic.kind: is not known, got "openai"; allowed: "anthropic", "bedrock"; remedy: choose one of them',
    ],
    [
      "a fraction of a nano-dollar",
      `${VERSION}models: [{ name: m, deployments: [{ provider: anthropic, model: x }], prices: { input: 0.0001, output: 1 } }]`,
      "platform.yaml:2:88 models[0].prices.input: must have at most 3 decimals, so that a price per token is a whole number of nano-USD, got 0.0001; remedy: correct it",
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
      "a budget below zero",
      `${VERSION}scopes: { user: { budgetUsd: -1 } }`,
      "platform.yaml:2:30 scopes.user.budgetUsd: is too small, got -1; allowed: a number from 0 to 1000000; remedy: correct it, or remove the line for the default, 20",
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
      "a variable in lower case",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: anthropic_api_key } }`,
      'platform.yaml:2:55 providers.anthropic.apiKeyEnv: must be the NAME of an environment variable, such as ANTHROPIC_API_KEY, got "anthropic_api_key"; remedy: correct it, or remove the line for the default, ANTHROPIC_API_KEY',
    ],
    [
      "a name of text elsewhere in capitals",
      `${VERSION}name: Team`,
      'platform.yaml:2:7 name: must be 1 to 24 lower-case letters, digits and dashes, got "Team"; remedy: correct it, or remove the line for the default, sluice',
    ],
  ])("with %s is refused where it stands", (_what, text, expected) => {
    expect(findingsOf(text)).toEqual([expected]);
  });

  it("never repeats a value that looks like a key", () => {
    const key = ["sk-ant", "api03", "abcdefghijklmnopqrst"].join("-");
    const found = findingsOf(`${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: ${key} } }`);
    expect(found[0]).toContain("looks like a key or password");
    expect(found.join("\n")).not.toContain(key);
  });

  it("refuses a key in an otherwise correct place", () => {
    const found = findingsOf(
      `${VERSION}providers: { a: { kind: anthropic, baseUrl: "https://user:hunter2secret@proxy.example" } }\nmodels: [{ name: m, deployments: [{ provider: a, model: x }], prices: { input: 1, output: 1 } }]`,
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("platform.yaml:2:45 providers.a.baseUrl: this value looks like a key");
    expect(found[0]).not.toContain("hunter2secret");
  });
});
