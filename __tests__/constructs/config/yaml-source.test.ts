import { configFindings } from "../../support/config-findings";
import { synthesizePlatform } from "../../support/platform-fixture";

describe("a file that git could not merge", () => {
  const finding =
    "has unresolved merge conflict markers; allowed: one version of each line; remedy: keep what is meant between the lines with <<<<<<< and >>>>>>>, then remove those and the one with =======";

  it.each([
    ["", "name: a\nports:\n<<<<<<< HEAD\n  gateway: 4001\n=======\n  gateway: 4002\n>>>>>>> feature/x\n", 4],
    [
      "with the common ancestor",
      "<<<<<<< ours\nname: a\n||||||| 1a2b3c\n=======\nname: b\n>>>>>>> theirs\n",
      2,
    ],
    ["with line ends of Windows", "name: a\r\n<<<<<<< HEAD\r\n=======\r\n>>>>>>> x\r\n", 3],
    ["of which only the end is left", "name: a\n>>>>>>> feature/x\n", 3],
    ["that is no YAML either", "name: [\n<<<<<<<\n", 3],
  ])("is refused once, where the first mark is (%s)", (_what, yaml, line) => {
    expect(configFindings(yaml)).toEqual([`platform.yaml:${line}:1 ${finding}`]);
  });

  it("is not one where a comment or a value only looks like it", () => {
    expect(configFindings("# =======\n# <<<<<<< HEAD\nname: team\n")).toEqual([]);
  });
});

describe("a value", () => {
  it.each([
    ["Terraform's interpolation", "name: 'a${b}'", "2:7 name: has ${,"],
    ["Terraform's directives", "name: '%{ if true }'", "2:7 name: has %{,"],
    [
      "an expression among addresses",
      "gateway: { trustedProxies: ['fe80::1%{x}'] }",
      "2:29 gateway.trustedProxies[0]: has %{,",
    ],
    [
      "an expression in a key",
      "providers: { 'a${b}': { kind: anthropic } }",
      '2:14 providers["a${b}"]: has ${,',
    ],
  ])("with %s is refused, for nothing is filled in", (_what, yaml, expected) => {
    expect(configFindings(yaml)).toContain(
      `platform.yaml:${expected} but nothing is filled in here, neither variables nor Terraform's expressions; allowed: plain text; remedy: write out what is meant`,
    );
  });

  it.each([
    ["a line break", 'name: "a\\nb"', "U+000A"],
    ["the beginning of a terminal's command", 'name: "a\\e[31m"', "U+001B"],
    ["another one, in one character", 'name: "a\\u009b31m"', "U+009B"],
    ["a change of direction", 'name: "a\\u202eb"', "U+202E"],
    ["a space of no width", 'name: "a\\u200bb"', "U+200B"],
    ["a line separator", 'name: "a\\u2028b"', "U+2028"],
    ["half a character", 'name: "a\\ud83d"', "U+D83D"],
  ])("with %s is refused once, and the message shows it by its number", (_what, yaml, code) => {
    const found = configFindings(yaml);
    expect(found).toEqual([
      `platform.yaml:2:7 name: has an invisible character, ${code}; allowed: printable text in one line; remedy: remove it`,
    ]);
  });

  it("never brings its own characters into a message", () => {
    const wild = [
      '"\\e[31m\\u202e": 1',
      'bogus: "\\u009b"',
      "name: *\u009b31m",
      'name: "\u202e',
      "ports: \u2028",
    ];
    for (const yaml of wild) {
      const found = configFindings(yaml);
      expect(found.length).toBeGreaterThan(0);
      expect(found.join("")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    }
  });

  it("of the gateway's settings cannot read a secret", () => {
    // Synthesized, this was an expression: the master key in a container's environment.
    expect(() =>
      synthesizePlatform("gateway: { corsAllowedOrigins: ['https://${var.gateway_master_key}'] }"),
    ).toThrow("gateway.corsAllowedOrigins[0]: has ${");
  });
});

describe("a key", () => {
  it.each([
    ["providers: { __proto__: { kind: anthropic } }", "2:14 providers.__proto__"],
    [
      "providers: { anthropic: { kind: anthropic }, constructor: { kind: anthropic } }",
      "2:46 providers.constructor",
    ],
    ["enforcement: { minimum: { __proto__: standard } }", "2:27 enforcement.minimum.__proto__"],
    ["toString: 1", "2:1 toString"],
    ["models: [{ __proto__: 1 }]", "2:12 models[0].__proto__"],
  ])("that every JavaScript object has is refused, not dropped: %s", (yaml, expected) => {
    expect(configFindings(yaml)).toEqual([
      `platform.yaml:${expected}: is a reserved name in JavaScript; allowed: any other; remedy: choose another name, or remove it`,
    ]);
  });
});
