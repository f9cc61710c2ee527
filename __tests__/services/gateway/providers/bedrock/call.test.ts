import OpenAI from "openai";
import type {
  AwsKeys,
  Deployment,
  ProviderAccess,
} from "../../../../../services/gateway/providers/deployment";
import { Secret } from "../../../../../services/shared/secret";
import { exceptionFrame } from "../../../../support/services/aws-frames";
import { messageEvents, messageStart, textDelta } from "../../../../support/services/fake-anthropic";
import {
  answerWithEvents,
  answerWithFrames,
  type BedrockScript,
  FakeBedrock,
  failWithException,
  sendFrames,
  stallAfterFrames,
} from "../../../../support/services/fake-bedrock";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../../support/services/test-gateway";

jest.mock("undici/lib/util/timers.js", () => jest.requireActual("../../../../support/services/exact-timers"));

const REGION = "eu-central-1";
const RAW = { accessKeyId: "AKIATEST", secretAccessKey: "the-aws-secret", sessionToken: "the-aws-token" };
const KEYS: AwsKeys = {
  accessKeyId: new Secret(RAW.accessKeyId),
  secretAccessKey: new Secret(RAW.secretAccessKey),
  sessionToken: new Secret(RAW.sessionToken),
};
const MODEL_ID = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

let bedrock: FakeBedrock;
let gateway: TestGateway;
let client: OpenAI;

beforeEach(async () => {
  bedrock = await FakeBedrock.start(REGION, RAW, "the-bedrock-key");
  await start();
});
afterEach(async () => {
  await gateway.close();
  await bedrock.stop();
});

type Access = Partial<Extract<ProviderAccess, { provider: "bedrock" }>>;

async function start(access: Access = {}, props: Partial<Deployment> = {}): Promise<void> {
  await gateway?.close();
  const deployment = anthropicDeployment({
    upstreamModel: MODEL_ID,
    baseUrl: bedrock.url,
    access: { provider: "bedrock", region: REGION, credentials: KEYS, api: "invoke", ...access },
    ...props,
  });
  gateway = buildTestGateway({ deployments: [deployment], timeouts: { firstByteMs: 3000, idleMs: 300 } });
  client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${await gateway.listen()}/v1`, maxRetries: 0 });
}

const QUESTION = {
  model: MODEL,
  messages: [
    { role: "system" as const, content: "be brief" },
    { role: "user" as const, content: "hi" },
  ],
  user: "customer-1",
  temperature: 0,
};
const ask = () => client.chat.completions.create(QUESTION);
const rows = () => [...gateway.audit.rows.values()];

async function readStream(): Promise<{ text: string; total: number | undefined }> {
  const stream = await client.chat.completions.create({
    ...QUESTION,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let total: number | undefined;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    total = chunk.usage?.total_tokens;
  }
  return { text, total };
}

test("the OpenAI SDK, JSON: signed, in InvokeModel's form, with usage and cost", async () => {
  const answer = await ask();
  expect(answer.choices[0]?.message.content).toBe("Hello from Bedrock");
  expect(answer.usage?.total_tokens).toBe(24);
  expect(bedrock.lastRequest).toMatchObject({
    path: "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke-with-response-stream",
    headers: { accept: "application/vnd.amazon.eventstream", "x-amz-security-token": RAW.sessionToken },
  });
  expect(bedrock.lastRequest.body).toEqual({
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 64_000,
    system: [{ type: "text", text: "be brief" }],
    messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
    temperature: 0,
  });
  expect(rows()).toMatchObject([{ status: 200, inputTokens: 10, outputTokens: 7, costNanoUsd: 147_450 }]);
  expect(gateway.log.join("")).not.toContain("the-aws");
});

test("the OpenAI SDK, stream", async () => {
  expect(await readStream()).toEqual({ text: "Hello from Bedrock", total: 24 });
});

test("frames that are cut anywhere", async () => {
  const events = messageEvents(["Hello", " from Bedrock"]);
  bedrock.script = async (response) => {
    const whole: Buffer[] = [];
    sendFrames({ writeHead: () => {}, write: (bytes: Buffer) => whole.push(bytes) } as never, events);
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
    const bytes = Buffer.concat(whole);
    for (let at = 0; at < bytes.length; at += 7) {
      response.write(bytes.subarray(at, at + 7));
      await new Promise(setImmediate);
    }
    response.end();
  };
  expect(await readStream()).toEqual({ text: "Hello from Bedrock", total: 24 });
});

test("an ARN goes into the path encoded, slashes too", async () => {
  const arn = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2";
  await start({}, { upstreamModel: arn });
  await ask();
  expect(bedrock.lastRequest.path).toBe(
    "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Aapplication-inference-profile%2Fa1b2/invoke-with-response-stream",
  );
});

test("keys without a token", async () => {
  await bedrock.stop();
  const { accessKeyId, secretAccessKey } = RAW;
  bedrock = await FakeBedrock.start(REGION, { accessKeyId, secretAccessKey });
  await start({ credentials: { ...KEYS, sessionToken: undefined } });
  expect((await ask()).choices[0]?.message.content).toBe("Hello from Bedrock");
});

test("a Bedrock API key", async () => {
  await start({ credentials: { apiKey: new Secret("the-bedrock-key") } });
  await ask();
  expect(bedrock.lastRequest.headers.authorization).toBe("Bearer the-bedrock-key");
});

test.each<[string, Access]>([
  ["another secret", { credentials: { ...KEYS, secretAccessKey: new Secret("wrong") } }],
  ["another key", { credentials: { ...KEYS, accessKeyId: new Secret("wrong") } }],
  ["an expired token", { credentials: { ...KEYS, sessionToken: new Secret("wrong") } }],
  ["another region", { region: "us-east-1" }],
])("%s is the gateway's trouble, not the caller's", async (_name, access) => {
  await start(access);
  await expect(ask()).rejects.toMatchObject({ status: 502, code: "upstream_auth" });
  expect(bedrock.requests).toHaveLength(0);
});

test("the Messages route: Anthropic's own body and server-sent events, signed", async () => {
  bedrock.script = answerWithEvents(messageEvents(["Hello"]));
  await start({ api: "messages" }, { upstreamModel: "anthropic.claude-sonnet-5" });
  expect(await readStream()).toEqual({ text: "Hello", total: 24 });
  expect(bedrock.lastRequest).toMatchObject({
    path: "/anthropic/v1/messages",
    headers: { "anthropic-version": "2023-06-01" },
    body: { model: "anthropic.claude-sonnet-5", stream: true },
  });
});

test.each([
  [400, "ValidationException", "max_tokens: wrong", 400, "400"],
  [400, "ValidationException", "Input is too long for requested model.", 400, "context_length_exceeded"],
  [400, "ValidationException", "The provided model identifier is invalid.", 502, "deployment_misconfigured"],
  [400, "ServiceQuotaExceededException", "", 429, "rate_limit_exceeded"],
  [403, "AccessDeniedException", "", 502, "upstream_permission"],
  [403, "ExpiredTokenException", "", 502, "upstream_auth"],
  [404, "ResourceNotFoundException", "", 502, "upstream_not_found"],
  [408, "ModelTimeoutException", "", 504, "upstream_timeout"],
  [424, "ModelErrorException", "", 503, "overloaded"],
  [429, "ThrottlingException", "", 429, "rate_limit_exceeded"],
  [429, "ModelNotReadyException", "", 429, "rate_limit_exceeded"],
  [500, "InternalServerException", "", 503, "overloaded"],
  [503, "ServiceUnavailableException", "", 503, "overloaded"],
  [424, "SomethingNewException", "", 503, "overloaded"],
])("%i %s %s becomes %i %s", async (status, exception, message, expected, code) => {
  bedrock.script = failWithException(status, exception, message);
  await expect(ask()).rejects.toMatchObject({ status: expected, code });
});

test.each<[string, BedrockScript, number]>([
  [
    "an exception frame",
    (r) => sendFrames(r, [messageStart()], exceptionFrame("throttlingException", "")).end(),
    429,
  ],
  [
    "an error event",
    answerWithFrames([messageStart(), { type: "error", error: { type: "overloaded_error" } }]),
    503,
  ],
  ["an early end", answerWithFrames([messageStart()]), 503],
  ["half a frame", (r) => sendFrames(r, [messageStart()], Buffer.from([0, 0])).end(), 503],
  ["a broken frame", (r) => sendFrames(r, [messageStart()], Buffer.alloc(40)).end(), 502],
  ["silence", stallAfterFrames([messageStart()]), 504],
])("%s before content is a status", async (_name, script, status) => {
  bedrock.script = script;
  await expect(ask()).rejects.toMatchObject({ status });
});

test("an exception in the middle ends the stream with an error", async () => {
  bedrock.script = (response) => {
    sendFrames(response, [messageStart(), textDelta("par")]);
    setTimeout(() => response.end(exceptionFrame("modelStreamErrorException", "")), 50);
  };
  await expect(readStream()).rejects.toThrow(/overloaded or failing/);
  expect(rows()).toMatchObject([{ status: 503, isUsageEstimated: false }]);
});

test("objects without a type, such as AWS's metrics, change nothing", async () => {
  const [start = {}, ...rest] = messageEvents(["Hello"]);
  bedrock.script = answerWithFrames([start, { "amazon-bedrock-invocationMetrics": {} }, ...rest]);
  expect((await readStream()).text).toBe("Hello");
});
