import {
  answerWith,
  dropAfter,
  encodeEvents,
  type FakeEvent,
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
