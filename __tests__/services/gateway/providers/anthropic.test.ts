import { setTimeout as wait } from "node:timers/promises";
import { encodeEvents, FakeAnthropic, messageEvents } from "../../../support/services/fake-anthropic";
import { buildTestGateway, MASTER_KEY, type TestGateway } from "../../../support/services/test-gateway";
import { ask, CHAT, MESSAGES, WIRE_APIS } from "../../../support/services/wire-apis";

let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeEach(async () => {
  upstream = await FakeAnthropic.start();
  gateway = buildTestGateway({ upstreamUrl: upstream.url });
  url = await gateway.listen();
});
afterEach(async () => {
  await gateway.close();
  await upstream.stop();
});

test.each(WIRE_APIS)(
  "$name: the provider gets its own credential and version, never the caller's key",
  async (api) => {
    await ask(url, api.path, api.body());
    const { headers, path } = upstream.lastRequest;
    expect(path).toBe("/v1/messages");
    expect(headers).toMatchObject({ "x-api-key": "upstream-credential", "anthropic-version": "2023-06-01" });
    expect(JSON.stringify(headers)).not.toContain(MASTER_KEY);
  },
);

test("headers of Anthropic's API are passed on for its own clients alone", async () => {
  const headers = { "anthropic-version": "2023-01-01", "anthropic-beta": "a,b" };
  await ask(url, MESSAGES.path, MESSAGES.body(), { headers });
  expect(upstream.lastRequest.headers).toMatchObject(headers);
  await ask(url, CHAT.path, CHAT.body(), { headers });
  expect(upstream.lastRequest.headers).toMatchObject({ "anthropic-version": "2023-06-01" });
  expect(upstream.lastRequest.headers).not.toHaveProperty("anthropic-beta");
});

test("parameters without a counterpart are left out and named", async () => {
  const response = await ask(url, CHAT.path, CHAT.body({ seed: 7, temperature: 0 }));
  expect(response.headers.get("x-gateway-dropped-params")).toBe("seed");
  expect(upstream.lastRequest.body).toMatchObject({ temperature: 0 });
  expect(upstream.lastRequest.body).not.toHaveProperty("seed");
});

test.each(WIRE_APIS)("$name: the connection is used again after a stream", async (api) => {
  const sockets = new Set<unknown>();
  upstream.script = (response) => {
    sockets.add(response.socket);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(encodeEvents(messageEvents(["x"])));
    // The end of the body comes after the end of the message.
    setTimeout(() => response.end(), 10);
  };
  for (let count = 0; count < 3; count += 1) {
    await (await ask(url, api.path, api.body({ stream: true }))).text();
    await wait(50);
  }
  expect(sockets.size).toBe(1);
});
