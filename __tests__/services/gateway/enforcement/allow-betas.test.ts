import { allowBetas } from "../../../../services/gateway/enforcement/allow-betas";

const CLAUDE_CODE = [
  "claude-code-20250219",
  "interleaved-thinking-2025-05-14",
  "thinking-token-count-2026-05-13",
  "advanced-tool-use-2025-11-20",
  "effort-2025-11-24",
  "token-counting-2024-11-01",
];

it("keeps what a coding agent asks for, in its order", () => {
  expect(allowBetas(CLAUDE_CODE)).toEqual({ kept: CLAUDE_CODE, dropped: [] });
});

it.each([
  "mid-conversation-tool-changes-2026-07-01",
  "mid-conversation-system-clear-at-2026-08-21",
  "context-management-2025-06-27",
  "compact-2026-09-04",
  "mcp-client-2025-11-20",
  "skills-2025-10-02",
  "code-execution-2025-05-22",
  "files-api-2025-04-14",
  "message-threads-2026-08-12",
  "server-side-fallback-2026-07-01",
  "nobody-has-thought-of-it-2030-01-01",
  // Not the names of the table.
  "effort",
  "effort-2025",
  "effort-2025-11-24-skills",
  "x-effort-2025-11-24",
  "EFFORT-2025-11-24",
  "",
])("drops %p", (name) => {
  expect(allowBetas(["pdfs-2024-09-25", name])).toEqual({ kept: ["pdfs-2024-09-25"], dropped: [name] });
});
