import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUILT_IN_LEVELS } from "../../../../services/gateway/enforcement/levels";
import { makePrompt } from "../../../../services/gateway/enforcement/prompt";

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
