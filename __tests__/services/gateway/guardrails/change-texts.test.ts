import { changeTexts } from "../../../../services/gateway/guardrails/change-texts";
import { RawNumber, RawText } from "../../../../services/gateway/json/json-value";
import type { MessagesRequest } from "../../../../services/gateway/wire/internal/request";

const S = "text";
const REQUEST: MessagesRequest = {
  model: S,
  max_tokens: 10,
  stream: true,
  temperature: new RawNumber("1.0e0"),
  metadata: { user_id: S },
  stop_sequences: [S],
  tools: [{ name: S, description: S, input_schema: { type: "object", enum: [S] } }],
  system: [{ type: "text", text: S, cache_control: { type: "ephemeral" } }],
  messages: [
    { role: "user", content: S },
    {
      role: "user",
      content: [
        { type: "text", text: RawText.of(S) },
        { type: "image", source: { type: "base64", media_type: "image/png", data: S } },
        { type: "image", source: { type: "url", url: S } },
        { type: "document", title: S, source: { type: "text", media_type: "text/plain", data: S } },
        { type: "document", source: { type: "content", content: [{ type: "text", text: S }] } },
        { type: "tool_result", tool_use_id: S, content: [{ type: "text", text: S }] },
        { type: "tool_result", tool_use_id: S, content: S },
        { type: "search_result", source: S, content: [{ type: "text", text: S }] },
        { type: "of_a_new_kind", deep: [{ er: S }] },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: S, signature: S },
        { type: "redacted_thinking", data: S },
        {
          type: "tool_use",
          id: S,
          name: "read",
          input: { type: "base64", data: S, id: S, list: [S, 1, null, true] },
        },
        {
          type: "web_search_tool_result",
          content: [{ type: "web_search_result", encrypted_content: S, title: S }],
        },
      ],
    },
  ],
};

const pathsOf = (request: MessagesRequest) => {
  const paths: string[] = [];
  changeTexts(request, (text, path) => {
    paths.push(path.join("."));
    return text;
  });
  return paths;
};

describe("changeTexts", () => {
  it("comes to every text that somebody may have written", () =>
    expect(pathsOf(REQUEST)).toEqual([
      "metadata.user_id",
      "stop_sequences.0",
      "tools.0.name",
      "tools.0.description",
      "tools.0.input_schema.type",
      "tools.0.input_schema.enum.0",
      "system.0.text",
      "messages.0.content",
      "messages.1.content.0.text",
      "messages.1.content.2.source.url",
      "messages.1.content.3.title",
      "messages.1.content.3.source.data",
      "messages.1.content.4.source.content.0.text",
      "messages.1.content.5.content.0.text",
      "messages.1.content.6.content",
      "messages.1.content.7.source",
      "messages.1.content.7.content.0.text",
      "messages.1.content.8.deep.0.er",
      "messages.2.content.2.name",
      "messages.2.content.2.input.type",
      "messages.2.content.2.input.data",
      "messages.2.content.2.input.id",
      "messages.2.content.2.input.list.0",
      "messages.2.content.3.content.0.title",
    ]));

  it("gives the same request when nothing changes", () =>
    expect(changeTexts(REQUEST, (text) => text)).toBe(REQUEST));

  it("changes one place and leaves the rest the same objects", () => {
    const changed = changeTexts(REQUEST, (text, path) =>
      path.join(".") === "messages.0.content" ? "new" : text,
    );
    expect(changed).toEqual({
      ...REQUEST,
      messages: [{ role: "user", content: "new" }, ...REQUEST.messages.slice(1)],
    });
    expect(Object.keys(changed)).toEqual(Object.keys(REQUEST));
    expect(changed.messages[1]).toBe(REQUEST.messages[1]);
    expect(changed["tools"]).toBe(REQUEST["tools"]);
  });

  it("takes __proto__ for a name like any other", () => {
    const input = JSON.parse('{"__proto__": "text"}');
    const request: MessagesRequest = {
      model: "m",
      max_tokens: 1,
      messages: [{ role: "assistant", content: [{ type: "tool_use", input }] }],
    };
    const changed = changeTexts(request, () => "new");
    expect(JSON.stringify(changed.messages)).toBe(
      '[{"role":"assistant","content":[{"type":"tool_use","input":{"__proto__":"new"}}]}]',
    );
  });
});
