import { crc32 } from "node:zlib";
import {
  EventStreamDecoder,
  EventStreamError,
} from "../../../../../services/gateway/providers/bedrock/event-stream";
import { chunkFrame, encodeFrame, exceptionFrame } from "../../../../support/services/aws-frames";

const FRAMES = [
  chunkFrame({ type: "message_start", text: "é漢" }),
  encodeFrame({}, Buffer.alloc(0)),
  exceptionFrame("throttlingException", "slow"),
  encodeFrame({ ":message-type": "event" }, Buffer.alloc(3000, "x")),
];
const STREAM = Buffer.concat(FRAMES);

const read = (chunks: readonly Buffer[]) => {
  const decoder = new EventStreamDecoder();
  return chunks
    .flatMap((chunk) => decoder.push(chunk))
    .map(({ headers, payload }) => [Object.fromEntries(headers), payload.toString("utf8")]);
};

test("Smithy's published frame without headers and payload", () => {
  // Total length 16, headers length 0; the checksums are part of the published vector.
  const published = Buffer.from("000000100000000005c248eb7d98c8ff", "hex");
  expect(new EventStreamDecoder().push(published)).toEqual([
    { headers: new Map(), payload: Buffer.alloc(0) },
  ]);
});

test("one piece", () => {
  const frames = read([STREAM]);
  expect(frames).toHaveLength(4);
  expect(frames[2]).toEqual([
    {
      ":exception-type": "throttlingException",
      ":content-type": "application/json",
      ":message-type": "exception",
    },
    '{"message":"slow"}',
  ]);
});

test("cut in two at every byte", () => {
  const expected = read([STREAM]);
  for (let cut = 0; cut <= STREAM.length; cut += 1) {
    expect(read([STREAM.subarray(0, cut), STREAM.subarray(cut)])).toEqual(expected);
  }
});

test("byte by byte", () => {
  expect(read([...STREAM].map((byte) => Buffer.from([byte])))).toEqual(read([STREAM]));
});

test("a change of any byte is noticed", () => {
  const frame = FRAMES[0] as Buffer;
  for (let at = 0; at < frame.length; at += 1) {
    const changed = Buffer.from(frame);
    changed[at] = (changed[at] as number) ^ 0x40;
    expect(() => new EventStreamDecoder().push(changed)).toThrow(EventStreamError);
  }
});

test.each([
  ["shorter than its headers", 20, 100],
  ["longer than AWS allows", 20 * 1024 * 1024, 0],
])("a frame that says it is %s is refused before it is waited for", (_name, total, headers) => {
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(total, 0);
  prelude.writeUInt32BE(headers, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  expect(() => new EventStreamDecoder().push(prelude)).toThrow(EventStreamError);
});

test("values that are no text are passed over", () => {
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const fields = Buffer.from([
    ...[...name("a"), 0],
    ...[...name("b"), 2, 9],
    ...[...name("c"), 4, 0, 0, 0, 1],
    ...[...name("d"), 6, 0, 2, 1, 2],
    ...[...name("e"), 8, ...new Array(8).fill(0)],
    ...[...name("f"), 9, ...new Array(16).fill(0)],
    ...[...name("g"), 7, 0, 2, 104, 105],
  ]);
  const [frame] = new EventStreamDecoder().push(frameOf(fields));
  expect(Object.fromEntries(frame?.headers ?? [])).toEqual({ g: "hi" });
});

test.each([
  ["a type nobody knows", [1, 97, 10]],
  ["a value beyond the headers", [1, 97, 7, 0, 9, 104]],
  ["a name beyond the headers", [9, 97]],
])("%s is no event stream", (_name, bytes) => {
  expect(() => new EventStreamDecoder().push(frameOf(Buffer.from(bytes)))).toThrow(EventStreamError);
});

function frameOf(fields: Buffer): Buffer {
  const frame = Buffer.alloc(fields.length + 16);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(fields.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  fields.copy(frame, 12);
  frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
  return frame;
}
