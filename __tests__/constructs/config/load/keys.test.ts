import { findingsOf } from "../../../support/config-findings";

const VERSION = "apiVersion: sluice/v1\n";

describe("a platform file whose keys are wrong", () => {
  it.each([
    [
      "an unknown key",
      `${VERSION}bogus: 1`,
      "platform.yaml:2:1 bogus: unknown key; allowed: apiVersion, name, access, exposure, ports, coder, gateway, providers, models, enforcement, guardrails, workspaces, scopes, retention, images, resources, networks; remedy: correct its spelling or remove it",
    ],
    [
      "an unknown nested key",
      `${VERSION}access: { host: a.example, hots: b }`,
      "platform.yaml:2:28 access.hots: unknown key; allowed: host, certificate; remedy: did you mean host? correct its spelling or remove it",
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
      "a minimum of an unknown scope",
      `${VERSION}enforcement: { minimum: { workspaces: standard } }`,
      "platform.yaml:2:27 enforcement.minimum.workspaces: unknown key; allowed: *, workspace, user, ci, agent, agent:review, agent:write; remedy: did you mean workspace? correct its spelling or remove it",
    ],
    [
      "a misspelt key",
      `${VERSION}retension: { audit: 365d }`,
      "platform.yaml:2:1 retension: unknown key; allowed: apiVersion, name, access, exposure, ports, coder, gateway, providers, models, enforcement, guardrails, workspaces, scopes, retention, images, resources, networks; remedy: did you mean retention? correct its spelling or remove it",
    ],
    [
      "a provider in capitals",
      `${VERSION}providers: { anthropic: { kind: anthropic }, Team: { kind: anthropic } }`,
      'platform.yaml:2:46 providers.Team: must be a short lower-case name, got "Team"; remedy: choose another name',
    ],
  ])("with %s is refused where it stands", (_what, text, expected) => {
    expect(findingsOf(text)).toEqual([expected]);
  });

  it.each([
    ["admin", "admin: { email: admin@example.com }", "2:1"],
    ["images.redis", 'images:\n  redis: "redis:7.4.7"', "3:3"],
    ["resources.redis", "resources: { redis: { cpus: 1 } }", "2:14"],
  ])("with %s, which nothing ever read, is told to remove it", (path, text, place) => {
    expect(findingsOf(`${VERSION}${text}`)).toEqual([
      `platform.yaml:${place} ${path}: is no longer a setting; remedy: remove it: nothing reads it`,
    ]);
  });

  it("reports all findings at once, in the order of the file", () => {
    const found = findingsOf(
      "apiVersion: nope\nports: { gateway: 4100, keyProvisioner: 4100 }\nbogus: 1\nname: NO\n",
    );
    expect(found.map((line) => line.split(" ")[0])).toEqual([
      "platform.yaml:1:13",
      "platform.yaml:2:41",
      "platform.yaml:3:1",
      "platform.yaml:4:7",
    ]);
  });
});
