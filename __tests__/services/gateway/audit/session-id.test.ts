import {
  sessionInBody,
  sessionInHeaders,
  sessionInMetadata,
} from "../../../../services/gateway/audit/session-id";

test.each([
  ["x-claude-code-session-id"],
  ["x-session-id"],
  ["session-id"],
  ["x-litellm-session-id"],
  ["langfuse_session_id"],
  ["x-litellm-trace-id"],
])("the header %s names the conversation", (name) => {
  expect(sessionInHeaders({ [name]: "ses_4f:1.a-B" })).toBe("ses_4f:1.a-B");
});

test("the client's own header goes before LiteLLM's; what is no id is passed over", () => {
  expect(sessionInHeaders({ "x-litellm-trace-id": "t", "x-session-id": "s" })).toBe("s");
  expect(sessionInHeaders({ "x-litellm-trace-id": "t", "x-session-id": "two words" })).toBe("t");
  expect(sessionInHeaders({ "x-session-id": "x".repeat(129) })).toBeNull();
  expect(sessionInHeaders({ "x-session-id": ["a", "b"] })).toBeNull();
  expect(sessionInHeaders({})).toBeNull();
});

test.each<[string, unknown, string | null]>([
  ["a session id", { session_id: "s-1", user_id: "{}" }, "s-1"],
  ["Claude Code's JSON", { user_id: '{"device_id":"d","account_uuid":"","session_id":"5e-1"}' }, "5e-1"],
  ["Claude Code's older text", { user_id: "user_ab12_account__session_0a1b-2c" }, "0a1b-2c"],
  ["another user id", { user_id: "ada" }, null],
  ["JSON without a session", { user_id: "{}" }, null],
  ["broken JSON", { user_id: '{"session_id":' }, null],
  ["an id that is content", { session_id: "please read this" }, null],
  ["very long text", { user_id: `${"x".repeat(1000)}_session_1` }, null],
  ["nothing", undefined, null],
  ["text", "s-1", null],
])("metadata with %s", (_name, metadata, session) => {
  expect(sessionInMetadata(metadata)).toBe(session);
});

test.each<[string, object, string | null]>([
  ["LiteLLM's own field", { litellm_session_id: "s-1" }, "s-1"],
  ["LiteLLM's id of a trace", { litellm_trace_id: "t-1" }, "t-1"],
  ["both: the conversation goes first", { litellm_trace_id: "t-1", litellm_session_id: "s-1" }, "s-1"],
  ["metadata", { metadata: { session_id: "s-1" } }, "s-1"],
  ["LiteLLM's field in metadata", { metadata: { litellm_session_id: "s-1" } }, "s-1"],
  ["LiteLLM's metadata", { litellm_metadata: { trace_id: "t-1" } }, "t-1"],
  ["an extra_body that nobody unpacked", { extra_body: { metadata: { session_id: "s-1" } } }, "s-1"],
  ["an id that is content", { litellm_session_id: "please read this" }, null],
  ["an id that is no text", { litellm_session_id: 7, metadata: 8, extra_body: [] }, null],
  ["extra_body inside extra_body", { extra_body: { extra_body: { litellm_session_id: "s" } } }, null],
  ["nothing", {}, null],
])("a body with %s", (_name, body, session) => {
  expect(sessionInBody(body)).toBe(session);
});
