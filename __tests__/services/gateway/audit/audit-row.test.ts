import { boundedText, clientOf, scopeOf } from "../../../../services/gateway/audit/audit-row";

test.each<[string | undefined, string | null]>([
  ["claude-cli/2.1.330 (external, cli)", "claude-code/2.1.330"],
  ["RooCode/3.51.1", "roo-code/3.51.1"],
  ["opencode/1.18.33 ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.14", "opencode/1.18.33"],
  ["codex_cli_rs/0.98.0 (Debian 12.0.0; x86_64)", "codex/0.98.0"],
  ["OpenAI/JS 6.1.0", "openai/JS"],
  ["curl/7.88.1", "curl/7.88.1"],
  ["curl", "curl"],
  [`${"x".repeat(40)}/1`, `${"x".repeat(40)}/1`],
  // Longer than any product, or none.
  ["x".repeat(41), null],
  [`a/${"1".repeat(40)}`, null],
  ["(unknown)", null],
  ["", null],
  [undefined, null],
])("%p is %p", (userAgent, client) => {
  expect(clientOf(userAgent)).toBe(client);
});

describe("key scope", () => {
  test.each<[string, Record<string, unknown>, string | null, string | null]>([
    ["both", { workspace_id: "w-1", scope: "workspace:other" }, "w-1", "workspace:other"],
    ["a scope of a workspace", { scope: "workspace:w-2" }, "w-2", "workspace:w-2"],
    ["another scope", { scope: "ci:frontend" }, null, "ci:frontend"],
    ["neither", { enforcement_level: "standard" }, null, null],
    ["something else than text", { workspace_id: 7, scope: {} }, null, null],
    ["very long text", { scope: "s".repeat(300) }, null, "s".repeat(200)],
  ])("metadata with %s", (_name, metadata, workspace, scope) => {
    expect(scopeOf({ metadata })).toEqual({ workspace, scope });
  });

  test("the master key has none", () => {
    expect(scopeOf(undefined)).toEqual({ workspace: null, scope: null });
  });
});

test.each([
  ["plain", "plain"],
  ["a\u0000b\nc", "a b c"],
  ["  ", null],
  ["", null],
  [undefined, null],
  [{ an: "object" }, null],
  ["x".repeat(50), "x".repeat(10)],
  ["123456789🙂", "123456789"],
])("%j becomes %j", (value, expected) => {
  expect(boundedText(value, 10)).toBe(expected);
});
