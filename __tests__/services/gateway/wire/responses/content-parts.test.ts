import {
  assistant,
  refusal,
  send,
  TARGET,
  text,
  user,
} from "../../../../support/services/translate-responses";

test.each([
  [
    "an image",
    { type: "input_image", detail: "auto", image_url: "data:image/png;base64,iVBORw0KGgo=" },
    { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
  ],
  [
    "an image's address",
    { type: "input_image", image_url: "https://x.test/a.png" },
    { type: "image", source: { type: "url", url: "https://x.test/a.png" } },
  ],
  [
    "a file",
    { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
    {
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
      title: "a.pdf",
    },
  ],
  [
    "a file's address",
    { type: "input_file", file_url: "https://x.test/a.pdf" },
    { type: "document", source: { type: "url", url: "https://x.test/a.pdf" } },
  ],
  [
    "a marked text",
    { type: "input_text", text: "a", prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } },
    { type: "text", text: "a", cache_control: { type: "ephemeral" } },
  ],
  [
    "a text marked as Anthropic does",
    { type: "input_text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
    { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
  ],
])("%s is sent", (_name, part, block) => {
  expect(send({ input: [{ role: "user", content: [part] }] })["messages"]).toEqual([user(block)]);
  const results = send({
    input: [
      { role: "user", content: "a" },
      { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "c", output: [part] },
    ],
  })["messages"] as unknown[];
  expect(results.at(-1)).toEqual(user({ type: "tool_result", tool_use_id: "c", content: [block] }));
});

test("a refusal of the assistant is its text", () => {
  const input = [
    { role: "user", content: "a" },
    { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
    { role: "user", content: "b" },
  ];
  expect(send({ input })["messages"]).toEqual([user(text("a")), assistant(text("No.")), user(text("b"))]);
});

test("a PDF in the place of an image is a document", () => {
  const data = Buffer.from("%PDF-1.7").toString("base64");
  const image = { type: "input_image", image_url: `data:application/pdf;base64,${data}`, detail: "auto" };
  expect(send({ input: [{ role: "user", content: [image] }] })["messages"]).toEqual([
    user({ type: "document", source: { type: "base64", media_type: "application/pdf", data } }),
  ]);
});

test("addresses are refused where Bedrock would have to fetch them", () => {
  const input = [{ role: "user", content: [{ type: "input_file", file_url: "https://x.test/a" }] }];
  expect(refusal({ input }, { ...TARGET, api: "bedrock-invoke" }).message).toBe(
    "input.0.content.0.file_url is an address, and Bedrock fetches no files; send file_data",
  );
});
