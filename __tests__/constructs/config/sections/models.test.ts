import { parsePlatform } from "../../../../constructs";
import { configFindings } from "../../../support/config-findings";

const provider = (baseUrl: string) =>
  `providers: { anthropic: { kind: anthropic, baseUrl: ${JSON.stringify(baseUrl)} } }`;
const model = (id: string) =>
  `models: [{ name: m, deployments: [{ provider: anthropic, model: ${JSON.stringify(id)} }], prices: { input: 1, output: 1 } }]`;

describe("a base URL", () => {
  it.each([
    "https://api.anthropic.com",
    "https://api.anthropic.com/",
    "http://simulated:4010",
    "http://127.0.0.1:9999",
    "http://[fd00::1]:8080",
    "https://gateway.example/anthropic",
    "https://gateway.example/v1/accounts/7/anthropic",
    "https://xn--e1afmkfd.example",
  ])("is taken: %s", (url) => {
    expect(configFindings(provider(url))).toEqual([]);
    expect(parsePlatform(`apiVersion: sluice/v1\n${provider(url)}`).providers).toEqual({
      anthropic: { kind: "anthropic", apiKeyEnv: "ANTHROPIC_API_KEY", baseUrl: url },
    });
  });

  it.each([
    ["ftp://x.example", "must begin with http:// or https://", "write one such as https://api.anthropic.com"],
    ["x.example", "must begin with http:// or https://", "write one such as https://api.anthropic.com"],
    ["", "must begin with http:// or https://", "write one such as https://api.anthropic.com"],
    ["os.environ/URL", "must begin with http:// or https://", "write one such as https://api.anthropic.com"],
    ["http:///x", "must begin with http:// or https://", "write http://x"],
    [" http://x", "must begin with http:// or https://", "write http://x"],
    ["http://", "must begin with http:// or https://", "write one such as https://api.anthropic.com"],
    ["http://x/v1", "ends with /v1, which the gateway adds", "write http://x"],
    ["http://x/proxy/v1/", "ends with /v1, which the gateway adds", "write http://x/proxy"],
    ["https://x/v1/messages", "ends with /v1/messages, which the gateway adds", "write https://x"],
    ["http://x/?a=b", "has a query", "write http://x"],
    ["http://x/proxy#part", "has a fragment", "write http://x/proxy"],
    [
      "http://x/a b",
      "is not an address that requests can be sent to",
      "write one such as https://api.anthropic.com",
    ],
    [
      "http://x:0",
      "is not an address that requests can be sent to",
      "write one such as https://api.anthropic.com",
    ],
    [
      "http://x:99999",
      "is not an address that requests can be sent to",
      "write one such as https://api.anthropic.com",
    ],
    [
      "http://300.1.1.1",
      "is not an address that requests can be sent to",
      "write one such as https://api.anthropic.com",
    ],
    ["http://x\\y", "is not an address that requests can be sent to", "write http://x/y"],
    [
      "http://x//y",
      "is not an address that requests can be sent to",
      "write one such as https://api.anthropic.com",
    ],
    ["http://x/../v1", "ends with /v1, which the gateway adds", "write http://x"],
    ["http://x/../y", "is not an address that requests can be sent to", "write http://x/y"],
    [
      "http://x/<b>",
      "is not an address that requests can be sent to",
      "write one such as https://api.anthropic.com",
    ],
    [
      "https://пример.example",
      "is not an address that requests can be sent to",
      "write https://xn--e1afmkfd.example",
    ],
    [
      `https://${"a".repeat(600)}.example`,
      "is not an address that requests can be sent to",
      "write one such as https://api.anthropic.com",
    ],
  ])("is refused: %s", (url, what, remedy) => {
    const found = configFindings(provider(url));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^platform\.yaml:2:53 providers\.anthropic\.baseUrl: /);
    expect(found[0]).toContain(`baseUrl: ${what}, got "`);
    expect(found[0]).toContain(
      `; allowed: http:// or https://, a host and a path, without credentials, query, fragment and /v1; remedy: ${remedy}`,
    );
  });

  it.each([
    "http://token1234@x.example",
    "https://:token1234@x.example",
    "https://x/?key=token1234",
    "https://x/#token1234",
  ])("is refused without a word of what may be a credential: %s", (url) => {
    const found = configFindings(provider(url));
    expect(found).toHaveLength(1);
    expect(found[0]).not.toContain("token1234");
  });

  it.each([
    'http://x/${file("/etc/passwd")}',
    "http://x/%{if true}a%{endif}",
    "http://x/\n",
    "http://x/\x1b[31m",
  ])("is no place for expressions and control characters: %j", (url) =>
    expect(configFindings(provider(url))).toHaveLength(1),
  );
});

describe("a model id", () => {
  it.each([
    "claude-sonnet-4-5-20250929",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "messages/anthropic.claude-opus-4-5",
    "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "claude-sonnet-4-5@20250929",
  ])("is taken: %s", (id) => expect(configFindings(model(id))).toEqual([]));

  it.each([
    "",
    "a b",
    " a",
    "<b>x</b>",
    "`x`",
    'a"b',
    "a'b",
    "a\\b",
    "a?b",
    "a#b",
    "../x",
    "*",
    "é",
    "a$b",
    "x".repeat(257),
  ])("is refused: %j", (id) => {
    expect(configFindings(model(id))).toEqual([
      expect.stringMatching(
        /^platform\.yaml:2:65 models\[0\]\.deployments\[0\]\.model: must be a model id such as claude-sonnet-4-5-20250929: up to 256 letters, digits and \. _ : \/ @ \+ -, got ".*; remedy: correct it$/,
      ),
    ]);
  });

  it.each(["a${b}", "%{if true}", "a\nb", "a\x1b[31m", "a\u202eb"])("is refused once: %j", (id) =>
    expect(configFindings(model(id))).toHaveLength(1),
  );
});

it("has a region of no more than 32 characters", () => {
  const region = (text: string) =>
    `providers: { anthropic: { kind: anthropic }, b: { kind: bedrock, region: ${text} } }`;
  expect(configFindings(region("us-gov-west-1"))).toEqual([]);
  expect(configFindings(region(`xx-${"y".repeat(40)}-1`))[0]).toContain("must be an AWS region");
});
