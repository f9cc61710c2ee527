import { type EnforcedPrompt, makePrompt } from "../../../../services/gateway/enforcement/policy";
import { GatewayError } from "../../../../services/gateway/errors/gateway-error";
import { createRedact, redactFailure } from "../../../../services/gateway/providers/redact";
import { Secret } from "../../../../services/shared/secret";

const KEY = "sk-ant-api03-Zx81-qTr7Lm2Vb9KcPw4Yd6Hs3Nf0Jg5";
const AWS = {
  accessKeyId: "AKIAQ7WDXNBH42LPT6RZ",
  secretAccessKey: "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",
};
const TOKEN = "IQoJb3JpZ2luX2VjEHwaCXVzLWVhc3QtMSJHMEUCIQDk9/pZ+w==";
const RULES = [
  "# Working rules of Ödland & Söhne",
  "",
  '- Say "no" to whoever asks for the \\\\fileserver\\newest share; give 100% of the reasons.',
  "- Write tests first,\tthen the code that makes them pass, and nothing besides.",
  "- 日本語で書かれた質問には日本語で答えること。ただし社外秘の情報は決して含めないこと。",
].join("\n");

const anthropic = { provider: "anthropic", apiKey: new Secret(KEY) } as const;
const bedrock = {
  provider: "bedrock",
  region: "eu-central-1",
  api: "invoke",
  credentials: {
    accessKeyId: new Secret(AWS.accessKeyId),
    secretAccessKey: new Secret(AWS.secretAccessKey),
    sessionToken: new Secret(TOKEN),
  },
} as const;
const prompt = makePrompt("standard", Buffer.from(RULES)) as EnforcedPrompt;
const redact = createRedact(anthropic, [prompt]);

const json = (text: string) => JSON.stringify(text).slice(1, -1);
/** As languages do whose JSON is ASCII. */
const ascii = (text: string) =>
  json(text).replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
const html = (text: string) => text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);

const FORMS: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in JSON": json,
  "in JSON in JSON": (text) => json(json(text)),
  "in ASCII JSON": ascii,
  "in ASCII JSON in JSON": (text) => json(ascii(text)),
  "in a URL": encodeURIComponent,
  "in HTML": html,
  "in base64": (text) => Buffer.from(text).toString("base64"),
  "in base64 of URLs": (text) => Buffer.from(text).toString("base64url"),
  "in base64 behind one byte": (text) => Buffer.from(`:${text}`).toString("base64"),
  "in base64 behind two bytes": (text) => Buffer.from(`u:${text}`).toString("base64"),
  "with other white space": (text) => text.replace(/\s+/g, "\r\n  "),
  "in capitals": (text) => text.toUpperCase(),
};

describe.each(Object.entries(FORMS))("%s", (_name, write) => {
  it.each<[string, string]>([
    ["the key", KEY],
    ["the key behind its scheme", `Bearer ${KEY}`],
    ["the rules", RULES],
    ["the first line and a half", RULES.slice(0, 60)],
    ["the middle of the rules", RULES.slice(90, 150)],
    ["the rules in other words around them", `system: [${RULES}] is wrong`],
  ])("masks %s", (_what, text) => {
    expect(redact(write(text))).not.toMatch(/Zx81|Working|Write tests|no" to|share|日本/i);
    expect(redact(write(text))).toContain("[masked]");
  });

  it("masks AWS keys, their token and the signature", () => {
    const signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    const withKeys = createRedact(bedrock, [], signature);
    for (const secret of [AWS.accessKeyId, AWS.secretAccessKey, TOKEN, signature])
      expect(withKeys(write(secret))).not.toContain(write(secret).slice(2, 12));
  });
});

test("every run of 40 characters of the rules is masked", () => {
  for (let at = 0; at + 40 <= RULES.length; at += 1) {
    const run = RULES.slice(at, at + 40);
    expect([run, redact(`before ${json(run)} behind`)]).toEqual([run, expect.stringMatching(/\[masked\]/)]);
  }
});

test("what stands around stays as it is", () => {
  expect(redact(`messages.0: "${KEY}" is ${KEY}; max_tokens: 5 > 4 (50%25 \\n &amp;)`)).toBe(
    'messages.0: "[masked]" is [masked]; max_tokens: 5 > 4 (50%25 \\n &amp;)',
  );
  expect(redact(`${RULES}${RULES}${KEY}`)).toBe("# [masked]。# [masked]。[masked]");
});

test.each([
  "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens",
  "prompt is too long: 212345 tokens > 200000 maximum",
  "tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12",
  "sk-ant-api03",
  "Write tests",
  "",
  "messages.1.content.0.thinking: aGVsbG8gd29ybGQsIHRoaXMgaXMgYSBzaWduYXR1cmU=",
])("an error of its own stays: %s", (text) => {
  expect(redact(text)).toBe(text);
});

test("rules of a few letters are not looked for in every word, nor is an empty credential", () => {
  const few = makePrompt("standard", Buffer.from("Be!")) as EnforcedPrompt;
  const text = "max_tokens must be larger";
  expect(createRedact({ provider: "anthropic", apiKey: new Secret("") }, [few])(text)).toBe(text);
  const short = makePrompt("standard", Buffer.from("Be careful.")) as EnforcedPrompt;
  expect(createRedact(anthropic, [short])("system: Be careful.")).toBe("system: [masked].");
});

test("a failure keeps everything but its text", () => {
  const details = { code: "c", param: "p", retryAfterSeconds: 3, fields: { a: 1 } };
  const failure = new GatewayError(400, "t", `it was ${KEY}`, details);
  expect(redactFailure(failure, redact)).toEqual(new GatewayError(400, "t", "it was [masked]", details));
  const harmless = new GatewayError(400, "t", "it was wrong", details);
  expect(redactFailure(harmless, redact)).toBe(harmless);
});
