import { renderHcl } from "../../../constructs/workspace/hcl";
import { parseHcl } from "../../support/parse-hcl";
import { Random } from "../../support/services/random";

const block = (text: string) => ({
  type: "data",
  labels: ["kind", "name"],
  attributes: { text, map: { [text.replace(/[^\w]/g, "") || "key"]: text } },
  blocks: [{ type: "option", attributes: { text } }],
});

async function readBack(text: string) {
  const parsed = await parseHcl(renderHcl([block(text)]));
  const [read] = parsed["data"]?.["kind"]?.["name"] ?? [];
  return read as { text: string; map: Record<string, string>; option: { text: string }[] };
}

it("writes blocks as terraform fmt does", () => {
  const text = renderHcl([
    {
      type: "data",
      labels: ["kind", "name"],
      attributes: { a: "x", longer: true, left_out: undefined, map: { "a key": "1", b: "2" }, n: 3 },
      blocks: [
        { type: "option", attributes: { value: "1" } },
        { type: "option", attributes: {} },
      ],
    },
    { type: "locals", attributes: {} },
  ]);
  expect(text).toBe(`data "kind" "name" {
  a      = "x"
  longer = true
  map = {
    "a key" = "1"
    b       = "2"
  }
  n = 3

  option {
    value = "1"
  }

  option {
  }
}

locals {
}
`);
});

describe("a text", () => {
  it.each([
    "",
    'say "yes"',
    "back\\slash",
    "two\nlines\r\n\ttab",
    "${var.secret}",
    "$${var.secret}",
    "$$${var.secret}",
    "%{ if true }yes%{ endif }",
    "%%{x}",
    "$ { % {",
    "\\${x}",
    "\\u0024{x}",
    "${${x}}",
    "é ü 漢字 😀 \u2028 \u0085 \u0000",
    "<<EOF",
    "# comment // /* */",
  ])("is read back as it was: %j", async (text) => {
    expect(await readBack(text)).toMatchObject({ text, option: [{ text }] });
  });

  it("of random characters is read back as it was", async () => {
    const random = new Random(93);
    const alphabet = [..."ab \"\\'$%{}~()\n\r\t#/*<>=\u0001é😀"];
    const texts = Array.from({ length: 400 }, () =>
      Array.from({ length: random.int(0, 12) }, () => random.pick(alphabet)).join(""),
    );
    const blocks = texts.map((text, index) => ({
      type: "data",
      labels: ["kind", `n${index}`],
      attributes: { text },
    }));
    const parsed = await parseHcl(renderHcl(blocks));
    const read = texts.map((_, index) => parsed["data"]?.["kind"]?.[`n${index}`]?.[0]?.["text"]);
    expect(read).toEqual(texts);
  });
});
