import { createHash } from "node:crypto";
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
