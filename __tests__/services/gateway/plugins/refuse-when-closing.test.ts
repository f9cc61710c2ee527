import net from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { drain } from "../../../../services/gateway/drain";
import { eventually } from "../../../support/services/eventually";
import {
  encodeEvents,
  FakeAnthropic,
  messageEvents,
  messageStart,
  textDelta,
} from "../../../support/services/fake-anthropic";
import { buildTestGateway, MASTER_KEY, MODEL } from "../../../support/services/test-gateway";

const request = (body: string) =>
  [
    "POST /v1/chat/completions HTTP/1.1",
    "host: gateway",
    `authorization: Bearer ${MASTER_KEY}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
    "",
    body,
  ].join("\r\n");

test("a request on an open connection after the shutdown began gets our error; what runs goes on to its end", async () => {
  const upstream = await FakeAnthropic.start();
  let finish = (): void => {};
  upstream.script = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(encodeEvents([messageStart(), textDelta("begun")]));
    finish = () => void response.end(encodeEvents(messageEvents([" ended"]).slice(1)));
  };
  const gateway = buildTestGateway({ upstreamUrl: upstream.url });
  const { port } = new URL(await gateway.listen());
  const body = JSON.stringify({ model: MODEL, stream: true, messages: [{ role: "user", content: "x" }] });
  const socket = net.connect(Number(port), "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("utf8");
  });
  try {
    socket.write(request(body));
    await eventually(() => received.includes("begun"));
    const drained = drain(gateway.app, gateway.inFlight, 10_000);
    await new Promise(setImmediate);
    socket.write(request(body));
    // The answer to a pipelined request waits for the one before it, so there is nothing to see yet.
    await wait(200);
    finish();
    await drained;
    await eventually(() => received.includes("HTTP/1.1 503"));
    const [answer = "", refusal = ""] = received.split("HTTP/1.1 503");
    expect(answer).toContain("[DONE]");
    expect(refusal).toMatch(/\r\nconnection: close\r\n/i);
    expect(refusal).toMatch(/\r\nretry-after: 1\r\n/);
    expect(refusal).toMatch(/\{"error":\{"message":"The gateway is shutting down\..*"code":"shutting_down"/);
    expect(upstream.requests).toHaveLength(1);
  } finally {
    socket.destroy();
    await gateway.close();
    await upstream.stop();
  }
});
