import { mostContentOf } from "../../../../../services/gateway/generation/relay/json";
import {
  answerWith,
  encodeEvents,
  messageEvents,
  textDelta,
} from "../../../../support/services/fake-anthropic";
import {
  BEFORE_CONTENT,
  FAULTS_OF_HEAD,
  faultsAfter,
  SAID,
  WITHIN_CONTENT,
  withoutEnd,
} from "../../../../support/services/faults";
import { useLiveGateway } from "../../../../support/services/live-gateway";
import { ask, errorShape, WIRE_APIS } from "../../../../support/services/wire-apis";

describe("relay json", () => {
  jest.mock("undici/lib/util/timers.js", () =>
    jest.requireActual("../../../../support/services/exact-timers"),
  );

  const live = useLiveGateway({ timeouts: { firstByteMs: 3000, idleMs: 300 } });

  describe.each(WIRE_APIS)("$name", (api) => {
    const statusOf = (status: number) => (api.isAnthropic && status === 503 ? 529 : status);

    test.each(faultsAfter(WITHIN_CONTENT))(
      "a provider that %s in the middle gives an error, no piece of an answer, and bills what it made",
      async (_name, script, status) => {
        live.upstream.script = script;
        const response = await ask(live.url, api.path, api.body());
        expect(response.status).toBe(statusOf(status));
        const answer = await response.json();
        expect(answer).toEqual(errorShape(api, expect.any(String)));
        expect(JSON.stringify(answer)).not.toContain(SAID);
        // 300 bytes count as 100 tokens: 10 × 3000 + 100 × 15000 + 4 × 300 + 3 × 3750
        expect(live.rows()).toMatchObject([
          {
            status: response.status,
            isStream: false,
            outputTokens: 100,
            isUsageEstimated: true,
            costNanoUsd: 1_542_450,
          },
        ]);
      },
    );

    test.each(FAULTS_OF_HEAD)("a provider that %s", async (name, script, status) => {
      live.upstream.script = script;
      const response = await ask(live.url, api.path, api.body());
      expect(response.status).toBe(statusOf(status));
      expect(await response.json()).toEqual(errorShape(api, expect.any(String)));
      expect(live.rows()).toMatchObject([{ status: response.status, errorType: expect.any(String) }]);
      // What the provider has not refused it may bill.
      const isBilled = (live.rows()[0]?.costNanoUsd ?? 0) > 0;
      expect(isBilled).toBe(!["is overloaded", "answers with a redirect"].includes(name));
    });

    test.each(faultsAfter(BEFORE_CONTENT))(
      "a provider that %s before any content",
      async (_name, script, status) => {
        live.upstream.script = script;
        const response = await ask(live.url, api.path, api.body());
        expect(response.status).toBe(statusOf(status));
        expect(await response.json()).toEqual(errorShape(api, expect.any(String)));
        expect(live.rows()).toMatchObject([
          { status: response.status, isStream: false, errorType: expect.any(String) },
        ]);
      },
    );

    test("a provider that never stops talking is cut off, and billed for no more than was asked for", async () => {
      live.upstream.script = withoutEnd(encodeEvents([...WITHIN_CONTENT, textDelta("x".repeat(200_000))]));
      const response = await ask(live.url, api.path, api.body());
      expect(response.status).toBe(502);
      expect(await response.json()).toEqual(errorShape(api, expect.any(String)));
      const most = api.isAnthropic ? 1000 : expect.any(Number);
      expect(live.rows()).toMatchObject([{ status: 502, outputTokens: most, isUsageEstimated: true }]);
    });

    test("an answer without any content is an answer", async () => {
      live.upstream.script = answerWith(messageEvents([]));
      expect((await ask(live.url, api.path, api.body())).status).toBe(200);
      expect(live.rows()).toMatchObject([{ status: 200, ttftMs: expect.any(Number) }]);
    });

    test("thinking is counted within the output", async () => {
      const usage = { output_tokens: 7, output_tokens_details: { thinking_tokens: 5 } };
      live.upstream.script = answerWith([
        ...messageEvents(["Hello"]).filter(({ type }) => type !== "message_delta" && type !== "message_stop"),
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
        { type: "message_stop" },
      ]);
      expect((await ask(live.url, api.path, api.body())).status).toBe(200);
      expect(live.rows()).toMatchObject([{ outputTokens: 7, reasoningTokens: 5 }]);
    });
  });
});

test.each([
  [1, 1024 * 1024],
  [1000, 1024 * 1024],
  [64_000, 64_000 * 64],
  [10_000_000, 32 * 1024 * 1024],
  [Number.MAX_SAFE_INTEGER, 32 * 1024 * 1024],
])("an answer of at most %d tokens has at most %d bytes of content", (tokens, bytes) => {
  expect(mostContentOf(tokens)).toBe(bytes);
});
