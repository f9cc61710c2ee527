import { clientOf } from "../../../../services/gateway/audit/client-of";

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
