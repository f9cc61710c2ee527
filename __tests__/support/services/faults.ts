import { gzipSync } from "node:zlib";
import {
  answerWith,
  dropAfter,
  encodeEvents,
  type FakeEvent,
  messageEvents,
  messageStart,
  type Script,
  stallAfter,
  textDelta,
} from "./fake-anthropic";

/** A way in which a provider fails, and the status that follows from it. */
export type Fault = readonly [name: string, script: Script, status: number];

const busy: FakeEvent = { type: "error", error: { type: "overloaded_error", message: "busy" } };

/** The events, and then bytes that are no event. */
function thenSend(events: readonly FakeEvent[], more: string, hasEnd: boolean): Script {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(encodeEvents(events));
    // In a read of their own: good events that arrive together with garbage are not believed either.
    setTimeout(() => {
      if (hasEnd) response.end(more);
      else response.write(more, () => response.destroy());
    }, 30);
  };
}

/** Every way to fail after these events, when the head was good. Idle limits of tests are short. */
export function faultsAfter(events: readonly FakeEvent[]): readonly Fault[] {
  const next = encodeEvents([textDelta("never said")]);
  return [
    ["says error", answerWith([...events, busy]), 503],
    [
      "says error and goes on",
      answerWith([...events, busy, textDelta("more"), { type: "message_stop" }]),
      503,
    ],
    ["is cut off", dropAfter(events), 502],
    ["is cut off within an event", thenSend(events, next.slice(0, -30), false), 502],
    ["ends within an event", thenSend(events, next.slice(0, -30), true), 503],
    ["ends early", answerWith(events), 503],
    ["stalls", stallAfter(events), 504],
    ["sends garbage", thenSend(events, "data: {nonsense\n\n", true), 502],
    [
      "sends an event that is no JSON",
      thenSend(events, "event: content_block_delta\ndata: {nonsense\n\n", true),
      502,
    ],
    [
      "starts another message",
      answerWith([...events, { type: "message_start", message: { id: "msg_2" } }]),
      503,
    ],
  ];
}

/** Nothing but the start: no content yet. */
export const BEFORE_CONTENT = [messageStart()];

/** Some content: 300 bytes, which count as 100 tokens. */
export const SAID = "x".repeat(300);
export const WITHIN_CONTENT: readonly FakeEvent[] = [
  messageStart(),
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  textDelta(SAID),
];

/** Sends a head and a body, whatever they are. */
function plainAnswer(status: number, headers: Record<string, string>, body: string | Buffer = ""): Script {
  return (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

const EVENTS = { "content-type": "text/event-stream" };
const JSON_TYPE = { "content-type": "application/json" };
const refusal = JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "busy" } });

/** Every way to fail before the first event. */
export const FAULTS_OF_HEAD: readonly Fault[] = [
  ["is overloaded", plainAnswer(529, JSON_TYPE, refusal), 503],
  ["answers 500 with a page", plainAnswer(500, { "content-type": "text/html" }, "<h1>500</h1>"), 503],
  ["answers 200 with an error in JSON", plainAnswer(200, JSON_TYPE, refusal), 502],
  ["answers 200 with a page", plainAnswer(200, { "content-type": "text/html" }, "<h1>Hi</h1>"), 502],
  ["answers without a type", plainAnswer(200, {}, encodeEvents(messageEvents(["Hello"]))), 502],
  ["answers 204", plainAnswer(204, {}), 502],
  ["answers with a redirect", plainAnswer(302, { location: "http://127.0.0.1:9/" }), 502],
  [
    "answers compressed",
    plainAnswer(
      200,
      { ...EVENTS, "content-encoding": "gzip" },
      gzipSync(encodeEvents(messageEvents(["Hello"]))),
    ),
    502,
  ],
  ["answers with nothing", plainAnswer(200, EVENTS), 503],
  ["breaks the connection", (response) => void response.destroy(), 502],
  ["does not answer", () => {}, 504],
  [
    "sends half of a head",
    (response) => void response.socket?.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-st"),
    504,
  ],
  ["sends a head without sense", (response) => void response.socket?.end("SSH-2.0-x\r\n\r\n"), 502],
  ["sends comments without an end", withoutEnd(": keep-alive "), 502],
  ["sends pings without an end", withoutEnd(encodeEvents([{ type: "ping" }])), 502],
];

/** Sends the same again and again, as fast as it is taken. */
export function withoutEnd(text: string): Script {
  return (response) => {
    response.writeHead(200, EVENTS);
    const piece = text.repeat(Math.ceil((256 * 1024) / text.length));
    const more = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", more);
    more();
  };
}
