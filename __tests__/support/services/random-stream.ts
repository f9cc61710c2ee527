import type { FakeEvent } from "./fake-anthropic";
import {
  close,
  delta,
  finish,
  input,
  open,
  openText,
  openTool,
  ping,
  start,
  stop,
  text,
  thinking,
} from "./message-streams";
import type { Random } from "./random";

const PIECES = [
  "",
  "a",
  "Grüße",
  "漢字 🙂",
  '"',
  "\\",
  '\\"',
  '"}}',
  "\n\n",
  "\r\n",
  "\t\b\f",
  "\u0000\u001f\u007f",
  "``",
  "`json\n",
  "\u2028\u2029",
  "\ud83d",
  "\ude00",
  "event: ping\ndata: {}\n\n",
  "data: [DONE]",
  "</script> / \\u0041 \\n",
  " ".repeat(40),
];

/** A stream that a provider might send: any blocks, with any pieces, in an order that is possible. */
export function randomStream(random: Random): FakeEvent[] {
  const piece = () => Array.from({ length: random.int(0, 4) }, () => random.pick(PIECES)).join("");
  const several = (make: () => FakeEvent) => Array.from({ length: random.int(0, 4) }, make);
  const blocks = Array.from({ length: random.int(0, 5) }, (_unused, index): FakeEvent[] => {
    switch (random.pick(["text", "tool", "thinking", "other"])) {
      case "text":
        return [openText(index, piece()), ...several(() => text(index, piece())), close(index)];
      case "tool":
        return [
          openTool(index, random.pick(["one", "two"])),
          ...several(() => input(index, JSON.stringify(piece()))),
          close(index),
        ];
      case "thinking":
        return [
          open(index, { type: "thinking", thinking: "", signature: "" }),
          ...several(() => thinking(index, piece())),
          delta(index, { type: "signature_delta", signature: random.pick(["", "EqQB/+=="]) }),
          close(index),
        ];
      default:
        return [open(index, { type: "server_tool_use", name: piece(), input: {} }), ping, close(index)];
    }
  });
  const reason = random.pick(["end_turn", "tool_use", "max_tokens", "refusal"]);
  return [start(), ...blocks.flat(), finish(reason, random.int(0, 1000)), stop];
}
