import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUILT_IN_LEVELS, EnforcementLevels } from "../../../../services/gateway/enforcement/levels";
import { allowBetas, makePrompt, resolvePolicy } from "../../../../services/gateway/enforcement/policy";
import { policyWith } from "../../../support/enforcement-policies";

describe("policy", () => {
  const levels = new EnforcementLevels();
  const [prompt] = policyWith("Be careful.").blocks;
  const prompts = { find: ({ name }: { name: string }) => (name === "standard" ? prompt : undefined) };

  it("has the rules of the key's level", () => {
    expect(resolvePolicy(levels, prompts, { enforcement_level: "standard" })).toEqual({
      level: "standard",
      promptId: prompt?.id,
      blocks: [prompt],
    });
  });

  it("is the same as long as the rules are", () => {
    expect(resolvePolicy(levels, prompts, {})).toBe(resolvePolicy(levels, prompts, { scope: "user:ann" }));
  });

  it("is empty for a key without rules", () => {
    expect(resolvePolicy(levels, prompts, { enforcement_level: "unrestricted" })).toEqual({
      level: "unrestricted",
      promptId: null,
      blocks: [],
    });
  });

  it.each(["design-first", "strict"])("fails closed: %s", (level) => {
    expect(() => resolvePolicy(levels, prompts, { enforcement_level: level })).toThrow(
      expect.objectContaining({ status: 503, code: "enforcement_unavailable" }),
    );
  });
});

describe("allow betas", () => {
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
});

it("trims the text and names the version by its hash", () => {
  const sha256 = createHash("sha256").update("# Rules\n\nBe careful – always.").digest("hex");
  expect(makePrompt("standard", Buffer.from("\ufeff\n# Rules\n\nBe careful – always.\n\n"))).toEqual({
    id: `standard@${sha256.slice(0, 12)}`,
    sha256,
    text: "# Rules\n\nBe careful – always.",
  });
});

it.each([
  ["nothing", Buffer.alloc(0), "empty"],
  ["white space", Buffer.from(" \n\t"), "empty"],
  ["no UTF-8", Buffer.from([0x61, 0xff]), "not valid UTF-8"],
  ["a zero byte", Buffer.from("a\0b"), "not a text: it has a zero byte"],
  ["too long", Buffer.alloc(65_537, "a"), "longer than 65536 bytes"],
])("refuses %s", (_name, bytes, refused) => {
  expect(makePrompt("standard", bytes)).toEqual({ refused });
});

describe("rules that come with the product", () => {
  const levels = BUILT_IN_LEVELS.flatMap(({ name, file }) =>
    file === undefined ? [] : [[name, file] as const],
  );

  it.each(levels)("%s are valid, short and the same for every request", (name, file) => {
    const prompt = makePrompt(name, readFileSync(join(__dirname, "../../../../prompts", file)));
    if ("refused" in prompt) throw new Error(prompt.refused);
    expect(prompt.text.length).toBeLessThan(4000);
    // No dates, versions or ids, and nothing that somebody forgot to fill in.
    expect(prompt.text).not.toMatch(/\d{3}|\d\.\d|[{}<>]|TODO/);
  });
});
