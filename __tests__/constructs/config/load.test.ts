import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../../constructs/config/config-error";
import { defaultPlatform, loadPlatform, parsePlatform } from "../../../constructs/config/load";
import { temporaryFolder } from "../../support/temporary-folder";

const VERSION = "apiVersion: sluice/v1\n";

function findings(text: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    parsePlatform(text, "platform.yaml", { env });
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
    expect(config.ports).toEqual({ gateway: 4000, keyProvisioner: 8100 });
    expect(config.exposure.address).toBe("127.0.0.1");
    expect(config.models.map((model) => model.name)).toEqual([
      "claude-sonnet-4-5",
      "claude-haiku-4-5",
      "claude-opus-4-5",
    ]);
    expect(config.scopes["agent:write"]).toEqual({
      budgetUsd: 30,
      budgetPeriod: "1d",
      requestsPerMinute: 60,
      tokensPerMinute: 200_000,
      parallelRequests: 10,
    });
  });

  it("keeps the other defaults of a section when one key is given", () => {
    const { ports, resources } = parsePlatform(
      `${VERSION}ports: { gateway: 4001 }\nresources: { redis: { cpus: 0.5 } }`,
    );
    expect(ports).toEqual({ gateway: 4001, keyProvisioner: 8100 });
    expect(resources.redis).toEqual({ memoryMegabytes: 256, cpus: 0.5 });
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
  });
});

describe("a wrong platform file", () => {
  it.each([
    ["an unknown key", `${VERSION}bogus: 1`, "platform.yaml:2:1 bogus: unknown key"],
    [
      "an unknown nested key",
      `${VERSION}access: { host: a.example, hots: b }`,
      "platform.yaml:2:28 access.hots: unknown key",
    ],
    [
      "another version",
      "apiVersion: sluice/v2",
      'platform.yaml:1:13 apiVersion: is not known, got "sluice/v2"; allowed: "sluice/v1"',
    ],
    ["no version", "name: x", "platform.yaml:1:1 apiVersion: "],
    [
      "a proxy by its name",
      `${VERSION}gateway: { trustedProxies: [10.0.0.1, proxy] }`,
      'platform.yaml:2:39 gateway.trustedProxies.1: must be an address or a range such as 10.0.0.0/8, got "proxy"',
    ],
    [
      "an origin with an asterisk",
      `${VERSION}gateway: { corsAllowedOrigins: ["https://*.example.org"] }`,
      "platform.yaml:2:33 gateway.corsAllowedOrigins.0: must be * or an origin such as https://chat.example.org",
    ],
    [
      "an origin with a path",
      `${VERSION}gateway: { corsAllowedOrigins: ["https://a.example/chat"] }`,
      "platform.yaml:2:33 gateway.corsAllowedOrigins.0: must be * or an origin such as https://chat.example.org",
    ],
    [
      "a port out of range",
      `${VERSION}ports: { gateway: 70000 }`,
      "platform.yaml:2:19 ports.gateway: is too large, got 70000; allowed: at most 65535",
    ],
    [
      "a privileged port",
      `${VERSION}ports: { gateway: 80 }`,
      "platform.yaml:2:19 ports.gateway: is too small, got 80; allowed: at least 1024",
    ],
    [
      "a port as text",
      `${VERSION}ports: { gateway: "x" }`,
      'platform.yaml:2:19 ports.gateway: has the wrong type, got "x"; allowed: number',
    ],
    [
      "two equal ports",
      `${VERSION}ports:\n  gateway: 8100`,
      "platform.yaml:3:3 ports.keyProvisioner: is the same port as ports.gateway",
    ],
    [
      "a duration in words",
      `${VERSION}retention: { audit: 1 year }`,
      "platform.yaml:2:21 retention.audit: must be a duration",
    ],
    [
      "a bad e-mail address",
      `${VERSION}admin: { email: root }`,
      "platform.yaml:2:17 admin.email: must be an e-mail address",
    ],
    [
      "an unpinned image",
      `${VERSION}images: { redis: "redis:latest" }`,
      "platform.yaml:2:18 images.redis: must be pinned",
    ],
    [
      "a URL as host",
      `${VERSION}access: { host: "https://a.example" }`,
      "platform.yaml:2:17 access.host: must be a host name",
    ],
    [
      "an unknown level",
      `${VERSION}enforcement: { default: strict }`,
      'platform.yaml:2:25 enforcement.default: is not a level; there are unrestricted, standard, design-first; add it to enforcement.levels, got "strict"',
    ],
    [
      "a level that is no name",
      `${VERSION}enforcement: { default: Design First }`,
      "platform.yaml:2:25 enforcement.default: must be the name of a level",
    ],
    [
      "an unknown minimum",
      `${VERSION}enforcement: { minimum: { ci: strict } }`,
      "platform.yaml:2:31 enforcement.minimum.ci: is not a level",
    ],
    [
      "a minimum of an unknown scope",
      `${VERSION}enforcement: { minimum: { workspaces: standard } }`,
      "platform.yaml:2:27 enforcement.minimum.workspaces: unknown key",
    ],
    [
      "a level with a name that is taken",
      `${VERSION}enforcement: { levels: [{ name: standard, file: standard.md, strictness: 1 }] }`,
      "platform.yaml:2:33 enforcement.levels.0.name: is the name of another level",
    ],
    [
      "a level with a file elsewhere",
      `${VERSION}enforcement: { levels: [{ name: a, file: ../a.md, strictness: 1 }] }`,
      "platform.yaml:2:42 enforcement.levels.0.file: must be the plain name of a .md file in prompts/",
    ],
    [
      "a level whose file is missing",
      `${VERSION}enforcement: { levels: [{ name: a, file: missing.md, strictness: 1 }] }`,
      "platform.yaml:2:42 enforcement.levels.0.file: prompts/missing.md cannot be read (ENOENT); without valid rules the gateway refuses every request of level a; remedy: write the rules into that file",
    ],
    [
      "an unknown provider kind",
      `${VERSION}providers: { anthropic: { kind: openai } }`,
      "platform.yaml:2:33 providers.anthropic.kind: is not known; allowed: 'anthropic' | 'bedrock'",
    ],
    [
      "a model on a missing provider",
      `${VERSION}models: [{ name: m, deployments: [{ provider: nope, model: x }], prices: { input: 1, output: 1 } }]`,
      "providers has anthropic",
    ],
    [
      "a fraction of a nano-dollar",
      `${VERSION}models: [{ name: m, deployments: [{ provider: anthropic, model: x }], prices: { input: 0.0001, output: 1 } }]`,
      "at most 3 decimals",
    ],
    [
      "two equal subnets",
      `${VERSION}networks: { edge: { subnet: 10.1.0.0/24 }, data: { subnet: 10.1.0.0/24 } }`,
      "is the same subnet as networks.edge.subnet",
    ],
    ["a duplicate key", `${VERSION}name: a\nname: b`, "platform.yaml:3:1 is not valid YAML"],
    ["a tab", `${VERSION}access:\n\thost: a`, "is not valid YAML"],
  ])("with %s is refused where it stands", (_what, text, expected) => {
    const found = findings(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
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
    expect(found[0]).toContain("platform.yaml:2:45 this value looks like a key");
    expect(found[0]).not.toContain("hunter2secret");
  });

  it.each([
    ["too short", "short", 5],
    ["longer than bcrypt reads", "x".repeat(73), 73],
  ])("refuses a password that is %s without showing it", (_what, password, bytes) => {
    const found = findings(`${VERSION}admin: { passwordEnv: ADMIN_PASSWORD }`, { ADMIN_PASSWORD: password });
    expect(found).toEqual([
      expect.stringContaining(
        `platform.yaml:2:23 admin.passwordEnv: ADMIN_PASSWORD holds a password of ${bytes} bytes`,
      ),
    ]);
    expect(found[0]).not.toContain(password);
  });

  it("is bounded in size and in alias expansion", () => {
    expect(findings(`${VERSION}# ${"x".repeat(1024 * 1024)}`)[0]).toContain("larger than 1048576 bytes");
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefg".split("").map((c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdef"[i]}`).join(",")}]`),
    ];
    expect(findings(`${VERSION}${bomb.join("\n")}`)[0]).toContain("aliases");
  });
});
