import { answerWith, FakeAnthropic, messageEvents } from "../../../support/services/fake-anthropic";
import { buildTestGateway, type TestGateway } from "../../../support/services/test-gateway";
import { ask, CHAT } from "../../../support/services/wire-apis";

const PAGE = "https://chat.example.org";
let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeAll(async () => {
  upstream = await FakeAnthropic.start();
  upstream.script = answerWith(messageEvents(["Hello"]));
});
afterEach(() => gateway.close());
afterAll(() => upstream.stop());

async function start(corsOrigins?: readonly string[]): Promise<void> {
  gateway = buildTestGateway({ upstreamUrl: upstream.url, ...(corsOrigins && { corsOrigins }) });
  url = await gateway.listen();
}

/** What a browser asks before it sends what the page wants. */
const preflight = (origin: string, path = CHAT.path) =>
  fetch(url + path, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, content-type, x-stainless-os",
    },
  });
const allowedFor = ({ headers }: Response) => headers.get("access-control-allow-origin");

test("without configuration no page is allowed, and nothing is said about it", async () => {
  await start();
  const asked = await preflight(PAGE);
  expect([asked.status, allowedFor(asked)]).toEqual([405, null]);
  const { headers } = await ask(url, CHAT.path, CHAT.body(), { headers: { origin: PAGE } });
  expect([headers.get("access-control-allow-origin"), headers.get("vary")]).toEqual([null, null]);
});

test("a configured origin may ask, with the headers that it wants to send", async () => {
  await start([PAGE]);
  const asked = await preflight(PAGE);
  expect([asked.status, allowedFor(asked)]).toEqual([204, PAGE]);
  expect(asked.headers.get("access-control-allow-methods")).toContain("POST");
  expect(asked.headers.get("access-control-allow-headers")).toBe(
    "authorization, content-type, x-stainless-os",
  );
  expect(asked.headers.get("access-control-allow-credentials")).toBeNull();
});

test.each([false, true])(
  "its pages may read answers, their headers and errors, stream: %s",
  async (stream) => {
    await start([PAGE]);
    const keys: Record<string, string>[] = [{}, { authorization: "" }];
    for (const key of keys) {
      const headers: Record<string, string> = { origin: PAGE, ...key };
      const response = await ask(url, CHAT.path, CHAT.body({ stream }), { headers });
      expect(allowedFor(response)).toBe(PAGE);
      expect(response.headers.get("access-control-expose-headers")).toBe("*");
      expect(response.headers.get("vary")).toBe("origin");
      await response.text();
    }
  },
);

test("another origin is not allowed", async () => {
  await start([PAGE]);
  expect(allowedFor(await preflight("https://other.example.org"))).toBeNull();
  const { headers } = await ask(url, CHAT.path, CHAT.body(), { headers: { origin: "null" } });
  expect([headers.get("access-control-allow-origin"), headers.get("vary")]).toEqual([null, "origin"]);
});

test("all origins", async () => {
  await start(["*"]);
  expect(allowedFor(await preflight("https://any.example.org"))).toBe("*");
  expect(allowedFor(await ask(url, CHAT.path, CHAT.body(), { headers: { origin: PAGE } }))).toBe("*");
});
