import type { Dispatcher } from "undici";
import type { GatewayError } from "../../../../services/gateway/errors/gateway-error";
import { frameEvents } from "../../../../services/gateway/providers/bedrock/event-stream";
import { MessageSource } from "../../../../services/gateway/providers/message-source";
import { SseParser } from "../../../../services/gateway/providers/sse-parser";
import type { EventDecoder } from "../../../../services/gateway/providers/upstream-call";
import type { MessageEvent } from "../../../../services/gateway/wire/internal/event";
import { chunkFrame } from "../../../support/services/aws-frames";
import { encodeEvents, messageEvents } from "../../../support/services/fake-anthropic";

const EVENTS = messageEvents(["Hel", "lo"]);
const isEnd = ({ type }: { type?: unknown }) => type === "message_stop";
const untilContent = EVENTS.slice(0, EVENTS.findIndex(({ type }) => type === "content_block_delta") + 1);

const WIRES: readonly [string, () => EventDecoder, (events: typeof EVENTS) => Buffer, Buffer][] = [
  [
    "lines",
    () => new SseParser(),
    (events) => Buffer.from(encodeEvents(events)),
    Buffer.from("data: no JSON\n\n"),
  ],
  ["frames", frameEvents, (events) => Buffer.concat(events.map(chunkFrame)), Buffer.alloc(64, 0xff)],
];

const controller = { pause: jest.fn(), resume: jest.fn(), abort: jest.fn() };
const asController = controller as unknown as Dispatcher.DispatchController;
beforeEach(() => jest.clearAllMocks());

function start(decoder: () => EventDecoder, status = 200, type = "x/y"): MessageSource {
  const source = new MessageSource({
    contentType: "x/y",
    decoder,
    readError: () => ({}) as never,
    redact: (text) => text,
  });
  source.onRequestStart(asController);
  source.onResponseStart(asController, status, { "content-type": type });
  return source;
}

/** What is handed on, and how it ends: `undefined` for a whole message. */
async function readAll(source: MessageSource): Promise<[string[], GatewayError | undefined]> {
  const types: string[] = [];
  const take = (events: readonly MessageEvent[]) => types.push(...events.map(({ type }) => type));
  const failure = await source.read(take).then(
    () => undefined,
    (error: GatewayError) => error,
  );
  return [types, failure];
}
const typesOf = (events: typeof EVENTS) => events.map(({ type }) => type);

describe.each(WIRES)("in %s", (_name, decoder, encode, garbage) => {
  it("hands on a whole message, and nothing that follows its end", async () => {
    const source = start(decoder);
    source.onResponseData(asController, encode([...EVENTS, ...untilContent]));
    source.onResponseData(asController, garbage);
    expect(await readAll(source)).toEqual([typesOf(EVENTS), undefined]);
    expect([isEnd(EVENTS.at(-1) ?? {}), source.progress.phase]).toEqual([true, "done"]);
    expect(controller.abort).not.toHaveBeenCalled();
  });

  it("takes no notice of bytes without sense that share a read with the end", async () => {
    const source = start(decoder);
    source.onResponseData(asController, Buffer.concat([encode(EVENTS), garbage]));
    expect(await readAll(source)).toEqual([typesOf(EVENTS), undefined]);
  });

  it.each([
    ["before anybody reads", false],
    ["while somebody reads", true],
  ])("hands on, and bills, what shares a read with bytes without sense, %s", async (_when, isRead) => {
    const source = start(decoder);
    const early = isRead ? readAll(source) : undefined;
    source.onResponseData(asController, Buffer.concat([encode(untilContent), garbage]));
    if (!isRead) await source.opened();
    const [types, failure] = await (early ?? readAll(source));
    expect(types).toEqual(typesOf(untilContent));
    expect(failure?.status).toBe(502);
    expect(source.progress.contentBytes).toBe(3);
    expect(controller.abort).toHaveBeenCalledWith(failure);
  });

  it("fails at once when nothing but bytes without sense comes", async () => {
    const source = start(decoder);
    const opened = source.opened();
    source.onResponseData(asController, garbage);
    await expect(opened).rejects.toMatchObject({ status: 502 });
  });
});

it("measures how long the model thinks unseen, to the end of the answer", () => {
  const thinks = { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } };
  const now = jest.spyOn(performance, "now");
  try {
    const source = start(() => new SseParser());
    const read = (atMs: number, ...events: typeof EVENTS) => {
      now.mockReturnValue(atMs);
      source.onResponseData(asController, Buffer.from(encodeEvents(events)));
    };
    read(1000, ...EVENTS.slice(0, 1));
    read(2000, thinks);
    read(4000, { type: "ping" });
    read(5000, { type: "content_block_stop", index: 0 });
    read(9000, { ...thinks, index: 1 });
    source.opened().catch(() => {});
    now.mockReturnValue(9500);
    source.cancel({ status: 499 } as GatewayError);
    expect(source.progress.unseenThinkingMs).toBe(3500);
  } finally {
    now.mockRestore();
  }
});

it("fails for another media type", async () => {
  await expect(start(() => new SseParser(), 200, "text/html").opened()).rejects.toMatchObject({
    status: 502,
  });
});

it("gives a connection up whose body does not end after the message", () => {
  const source = start(() => new SseParser());
  source.onResponseData(asController, Buffer.from(encodeEvents(EVENTS)));
  for (let read = 0; read < 16; read++) source.onResponseData(asController, Buffer.from(":\n\n"));
  expect(controller.abort).not.toHaveBeenCalled();
  source.onResponseData(asController, Buffer.from(":\n\n"));
  expect(controller.abort).toHaveBeenCalledTimes(1);
});
