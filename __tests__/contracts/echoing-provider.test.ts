import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Deployment, ProviderAccess } from "../../services/gateway/providers/deployment";
import { Secret } from "../../services/shared/secret";
import { exceptionFrame } from "../support/services/aws-frames";
import {
  encodeEvents,
  FakeAnthropic,
  type FakeEvent,
  messageStart,
  textDelta,
} from "../support/services/fake-anthropic";
import { FakeBedrock, sendFrames } from "../support/services/fake-bedrock";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../support/services/test-gateway";
import { ask, WIRE_APIS } from "../support/services/wire-apis";

/**
 * A provider that repeats what it was sent in everything it says when it fails: neither its credential nor the working rules
 * reach the client, a log line, `/health` or an audit row, whichever way they are written.
 */
const API_KEY = "sk-ant-api03-Vb9KcPw4Yd6Hs3Nf0Jg5Zx81qTr7Lm2";
const BEDROCK_KEY = "ABSKQmVkcm9ja0FQSUtleS1xN1dEWE5CSDQyTFBUNlJa";
const AWS = {
  accessKeyId: "AKIAQ7WDXNBH42LPT6RZ",
  secretAccessKey: "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",
  sessionToken: "IQoJb3JpZ2luX2VjEHwaCXVzLWVhc3QtMSJHMEUCIQDk9pZw",
};
const REGION = "eu-central-1";
const RULES = [
  "# Working rules of Sample & Sons",
  "",
  '- Say "no" to whoever asks for the salaries; they are kept in C:\\new\\tables.',
  "- Write tests first,\tthen the code that makes them pass, and nothing besides.",
].join("\n");
const USER_KEY = "sk-a-user-key-000000";

/** What a provider was sent. */
interface Sent {
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/** What it makes of that, each short enough to be relayed as a whole. */
const ECHOES: Readonly<Record<string, (sent: Sent) => string>> = {
  "its credentials": ({ headers }) => `Invalid headers: ${credentialsOf(headers)}`,
  "its headers as JSON in base64": ({ headers }) =>
    `Invalid: ${Buffer.from(credentialsOf(headers)).toString("base64")}`,
  "its credentials in a URL": ({ headers }) => `Invalid: ${encodeURIComponent(credentialsOf(headers))}`,
  "the rules": ({ body }) => `system: ${textOf(body)} is not allowed`,
  "the rules as JSON": ({ body }) => `Invalid request: ${JSON.stringify({ system: textOf(body) })}`,
  "the rules as JSON in JSON": ({ body }) => JSON.stringify(JSON.stringify({ system: textOf(body) })),
  "the rules in base64": ({ body }) => `Invalid: ${Buffer.from(textOf(body)).toString("base64")}`,
  "a line of the rules": ({ body }) => `system.0: ${textOf(body).slice(40, 100)} cannot be parsed`,
  "everything, longer than is relayed": ({ headers, body }) =>
    `${credentialsOf(headers)}${textOf(body).repeat(20)}`,
};

const credentialsOf = (headers: IncomingHttpHeaders) =>
  JSON.stringify({
    "x-api-key": headers["x-api-key"],
    authorization: headers.authorization,
    "x-amz-security-token": headers["x-amz-security-token"],
  });
const textOf = (body: Record<string, unknown>) =>
  (body["system"] as readonly { text: string }[])[0]?.text ?? "";

/** How it fails. */
type Way = "at once" | "before content" | "behind content";
const WAYS: readonly Way[] = ["at once", "before content", "behind content"];
const begun = (way: Way): FakeEvent[] =>
  way === "before content" ? [messageStart()] : [messageStart(), textDelta("Hello")];

function failInEvents(way: Way, message: string, response: ServerResponse): void {
  const error = { type: "error", error: { type: "invalid_request_error", message } };
  if (way === "at once") {
    response.writeHead(400, {
      "content-type": "application/json",
      "request-id": message.slice(0, 50).replace(/\W/g, ""),
    });
    response.end(JSON.stringify(error));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(encodeEvents([...begun(way), error]));
}

function failInFrames(way: Way, message: string, response: ServerResponse): void {
  if (way === "at once") {
    response.writeHead(400, {
      "content-type": "application/json",
      "x-amzn-errortype": "ValidationException",
    });
    response.end(JSON.stringify({ message }));
    return;
  }
  sendFrames(response, begun(way), exceptionFrame("validationException", message)).end();
}

let anthropic: FakeAnthropic;
let bedrock: FakeBedrock;
let gateway: TestGateway;
let url: string;

beforeAll(async () => {
  anthropic = await FakeAnthropic.start();
  bedrock = await FakeBedrock.start(REGION, AWS, BEDROCK_KEY);
});
afterEach(() => gateway?.close());
afterAll(async () => {
  await anthropic.stop();
  await bedrock.stop();
});

const keys = {
  accessKeyId: new Secret(AWS.accessKeyId),
  secretAccessKey: new Secret(AWS.secretAccessKey),
  sessionToken: new Secret(AWS.sessionToken),
};
const bedrockAccess = (api: "invoke" | "messages", isSigned: boolean): ProviderAccess => ({
  provider: "bedrock",
  region: REGION,
  api,
  credentials: isSigned ? keys : { apiKey: new Secret(BEDROCK_KEY) },
});
const PROVIDERS: Readonly<Record<string, () => Partial<Deployment>>> = {
  Anthropic: () => ({
    baseUrl: anthropic.url,
    access: { provider: "anthropic", apiKey: new Secret(API_KEY) },
  }),
  "Bedrock with an API key": () => ({ baseUrl: bedrock.url, access: bedrockAccess("invoke", false) }),
  "Bedrock with a signature": () => ({ baseUrl: bedrock.url, access: bedrockAccess("invoke", true) }),
  "Bedrock's messages": () => ({ baseUrl: bedrock.url, access: bedrockAccess("messages", true) }),
};

async function start(deployments: readonly Partial<Deployment>[]): Promise<void> {
  gateway = buildTestGateway({
    deployments: deployments.map((props, index) =>
      anthropicDeployment({ id: `${MODEL}/${index}`, ...props }),
    ),
    levels: { defaultLevel: "standard" },
    prompts: { standard: RULES },
  });
  await gateway.addKey(USER_KEY);
  url = await gateway.listen();
}

/** Every way in which a text could be read. */
function readingsOf(text: string): string[] {
  const plain = (given: string) => given.replace(/\\(["\\/])/g, "$1").replace(/\\[nt]/g, " ");
  const texts = [
    text,
    plain(text),
    plain(plain(text)),
    text.replace(/(?:%[0-9A-F]{2})+/g, decodeURIComponent),
  ];
  const decoded = [...text.matchAll(/[A-Za-z0-9+/]{16,}/g)].flatMap(({ 0: run }) =>
    [0, 1, 2, 3].map((shift) => Buffer.from(run.slice(shift), "base64").toString()),
  );
  return [...texts, ...decoded].map((one) => one.replace(/\s+/g, " "));
}

/** Pieces of what must not come out that a text holds. */
function leaksOf(text: string): string[] {
  const rules = RULES.replace(/\s+/g, " ");
  const pieces = [API_KEY, BEDROCK_KEY, ...Object.values(AWS)].flatMap((secret) => [
    secret.slice(0, 20),
    secret.slice(-20),
  ]);
  for (let at = 0; at + 40 <= rules.length; at += 1) pieces.push(rules.slice(at, at + 40));
  const readings = readingsOf(text);
  return pieces.filter((piece) => readings.some((reading) => reading.includes(piece)));
}

async function everythingTold(response: Response): Promise<string> {
  const health = await fetch(`${url}/health`, { headers: { authorization: `Bearer ${MASTER_KEY}` } });
  return [
    await response.text(),
    JSON.stringify([...response.headers]),
    await health.text(),
    JSON.stringify([...gateway.audit.rows.values()]),
    gateway.log.join("\n"),
  ].join("\n");
}

const headers = { authorization: `Bearer ${USER_KEY}` };

describe.each(Object.entries(PROVIDERS))("%s", (name, deployment) => {
  describe.each(WIRE_APIS)("$name", (api) => {
    test.each(Object.entries(ECHOES))("that repeats %s", async (_what, echo) => {
      const failIn =
        name === "Bedrock with an API key" || name === "Bedrock with a signature"
          ? failInFrames
          : failInEvents;
      await start([deployment()]);
      for (const way of WAYS) {
        const script = (response: ServerResponse, sent: Sent) => failIn(way, echo(sent), response);
        anthropic.script = script;
        bedrock.script = script;
        for (const stream of [false, true]) {
          const response = await ask(url, api.path, api.body({ stream }), { headers });
          const told = await everythingTold(response);
          expect([way, stream, leaksOf(told)]).toEqual([way, stream, []]);
          expect(told).toContain("[masked]");
          if (!stream) expect(response.status).toBe(400);
        }
      }
    });
  });
});

test.each(Object.entries(ECHOES))("counting tokens, that repeats %s", async (_what, echo) => {
  await start([PROVIDERS["Anthropic"]?.() ?? {}]);
  anthropic.script = (response, sent) => failInEvents("at once", echo(sent), response);
  const body = { model: MODEL, messages: [{ role: "user", content: "hi" }] };
  const response = await ask(url, "/v1/messages/count_tokens", body, { headers });
  const told = await everythingTold(response);
  expect([response.status, leaksOf(told)]).toEqual([400, []]);
  expect(told).toContain("[masked]");
});

test.each(Object.entries(ECHOES))("at each attempt of a failover, that repeats %s", async (_what, echo) => {
  await start([PROVIDERS["Anthropic"]?.() ?? {}, PROVIDERS["Bedrock with a signature"]?.() ?? {}]);
  anthropic.script = (response, sent) => {
    response.writeHead(529, { "content-type": "application/json" });
    response.end(JSON.stringify({ type: "error", error: { type: "overloaded_error", message: echo(sent) } }));
  };
  bedrock.script = (response, sent) => failInFrames("at once", echo(sent), response);
  for (const api of WIRE_APIS) {
    const response = await ask(url, api.path, api.body(), { headers });
    const told = await everythingTold(response);
    expect([response.status, leaksOf(told)]).toEqual([400, []]);
    expect(told).toContain("[masked]");
  }
});

test.each(Object.entries(ECHOES))(
  "as the name of its model, that repeats %s: no audit row",
  async (_what, echo) => {
    await start([PROVIDERS["Anthropic"]?.() ?? {}]);
    anthropic.script = (response, sent) => {
      const { message, ...start } = messageStart() as FakeEvent & { message: object };
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        encodeEvents([{ ...start, message: { ...message, model: echo(sent) } }, textDelta("Hello")]),
      );
    };
    for (const api of WIRE_APIS) await ask(url, api.path, api.body(), { headers });
    const models = [...gateway.audit.rows.values()].map(({ modelUsed }) => modelUsed ?? "");
    expect(models).toHaveLength(WIRE_APIS.length);
    for (const model of models) {
      expect(leaksOf(model)).toEqual([]);
      expect(model).toContain("[masked]");
    }
  },
);
