import { setTimeout as wait } from "node:timers/promises";
import {
  encodeEvents,
  FakeAnthropic,
  messageStart,
  textDelta,
} from "../../../support/services/fake-anthropic";
import { buildTestGateway } from "../../../support/services/test-gateway";
import { ask, CHAT } from "../../../support/services/wire-apis";

test("a slow client holds the provider back instead of filling memory", async () => {
  const upstream = await FakeAnthropic.start();
  const gateway = buildTestGateway({ upstreamUrl: upstream.url });
  const url = await gateway.listen();
  const piece = "x".repeat(64 * 1024);
  let sent = 0;
  upstream.script = async (response) => {
    response.setMaxListeners(0);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(encodeEvents([messageStart()]));
    for (let count = 0; count < 1000 && !response.destroyed; count += 1) {
      sent += piece.length;
      if (!response.write(encodeEvents([textDelta(piece)]))) {
        await new Promise<void>((resolve) => response.once("drain", resolve).once("close", resolve));
      }
    }
  };
  const abort = new AbortController();
  const response = await ask(url, CHAT.path, CHAT.body({ stream: true }), { signal: abort.signal });
  const reader = response.body?.getReader();
  await reader?.read();
  // Socket buffers fill, then the provider has to wait.
  let before: number;
  do {
    before = sent;
    await wait(300);
  } while (sent > before);
  expect(sent).toBeLessThan(1000 * piece.length);
  abort.abort();
  await reader?.closed.catch(() => {});
  await gateway.close();
  await upstream.stop();
});
