import { signRequest } from "../../services/gateway/providers/bedrock/sign-request";
import { Secret } from "../../services/shared/secret";
import { ClientRun } from "../clients/client-run";
import { installClients } from "../clients/install";
import { exceptionFrame } from "../support/services/aws-frames";
import { messageEvents } from "../support/services/fake-anthropic";
import { answerWithFrames, FakeBedrock, sendFrames } from "../support/services/fake-bedrock";

/** AWS's own client against the fake that the gateway's tests trust: what both understand is Bedrock's protocol. */
const REGION = "eu-central-1";
const KEYS = { accessKeyId: "AKIDTEST", secretAccessKey: "a-secret/with+signs", sessionToken: "a-token==" };
const MODEL_ID = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
const BODY = JSON.stringify({
  anthropic_version: "bedrock-2023-05-31",
  max_tokens: 100,
  messages: [{ role: "user", content: "grüß dich" }],
});

let fake: FakeBedrock;
let run: ClientRun;

beforeAll(async () => {
  installClients();
  fake = await FakeBedrock.start(REGION, KEYS);
}, 16 * 60_000);
afterAll(() => fake?.stop());
beforeEach(() => {
  run = new ClientRun();
});
afterEach(() => run?.remove());

async function invoke() {
  const { exitCode, stdout, stderr, contacted } = await run.program("bedrock.mjs", {
    ENDPOINT: fake.url,
    REGION,
    ACCESS_KEY_ID: KEYS.accessKeyId,
    SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    SESSION_TOKEN: KEYS.sessionToken,
    MODEL_ID,
    BODY,
  });
  expect([exitCode, exitCode === 0 ? "" : stderr, contacted]).toEqual([0, "", []]);
  return JSON.parse(stdout) as Record<"right" | "wrong", unknown>;
}

test("@aws-sdk/client-bedrock-runtime reads the fake's frames; a wrong secret is refused", async () => {
  const events = messageEvents(["Hello", " from ", "Bedrock — ü"]);
  fake.script = answerWithFrames(events);
  expect(await invoke()).toEqual({
    right: { events },
    wrong: {
      events: [],
      error: "InvalidSignatureException",
      message: "The request signature does not match",
    },
  });
  expect(fake.lastRequest).toMatchObject({
    path: `/model/${encodeURIComponent(MODEL_ID)}/invoke-with-response-stream`,
    body: JSON.parse(BODY),
  });
});

test("an exception in the middle of the fake's stream is one for the AWS client", async () => {
  const [first = {}] = messageEvents([]);
  fake.script = (response) =>
    sendFrames(response, [first], exceptionFrame("throttlingException", "Too many tokens")).end();
  expect((await invoke()).right).toEqual({
    events: [first],
    error: "ThrottlingException",
    message: "Too many tokens",
  });
});

test("the gateway's signature is AWS's, for the same request at the same moment", async () => {
  fake.script = answerWithFrames([]);
  await invoke();
  const { headers, path } = fake.lastRequest;
  const authorization = String(headers.authorization);
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(";") ?? [];
  const own = new Set(["host", "x-amz-date", "x-amz-security-token"]);
  expect(names).toEqual(expect.arrayContaining([...own]));
  const date = String(headers["x-amz-date"]);
  const now = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  const signed = signRequest(
    {
      method: "POST",
      url: new URL(path, fake.url),
      headers: Object.fromEntries(
        names.filter((name) => !own.has(name)).map((name) => [name, String(headers[name])]),
      ),
      body: BODY,
      region: REGION,
      service: "bedrock",
    },
    {
      accessKeyId: new Secret(KEYS.accessKeyId),
      secretAccessKey: new Secret(KEYS.secretAccessKey),
      sessionToken: new Secret(KEYS.sessionToken),
    },
    now,
  );
  expect(signed["authorization"]).toBe(authorization);
});
