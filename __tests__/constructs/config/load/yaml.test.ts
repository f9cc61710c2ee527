import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadPlatform, parsePlatform } from "../../../../constructs/config/load";
import { findingsOf } from "../../../support/config-findings";
import { Random } from "../../../support/services/random";
import { temporaryFolder } from "../../../support/temporary-folder";

const VERSION = "apiVersion: sluice/v1\n";

describe("a platform file that is not good YAML", () => {
  it.each([
    [
      "a duplicate key",
      `${VERSION}name: a\nname: b`,
      "platform.yaml:3:1 name: is set twice, first in line 2; allowed: each key once; remedy: remove one of the two",
    ],
    [
      "a tab",
      `${VERSION}access:\n	host: a`,
      "platform.yaml:3:1 is indented with a tab; allowed: spaces; remedy: replace each tab by two spaces",
    ],
    [
      "nothing in it",
      "",
      'platform.yaml:1:1 is empty; allowed: a map of settings that has at least apiVersion; remedy: start with the line "apiVersion: sluice/v1", or cp platform.example.yaml platform.yaml',
    ],
    [
      "nothing but comments",
      "# only\n",
      'platform.yaml:1:1 is empty; allowed: a map of settings that has at least apiVersion; remedy: start with the line "apiVersion: sluice/v1", or cp platform.example.yaml platform.yaml',
    ],
    [
      "a list",
      "- a\n- b\n",
      'platform.yaml:1:1 is a list; allowed: a map of settings such as apiVersion: sluice/v1; remedy: start with the line "apiVersion: sluice/v1", or cp platform.example.yaml platform.yaml',
    ],
    [
      "a single value",
      "hello",
      'platform.yaml:1:1 is a single value, got "hello"; allowed: a map of settings such as apiVersion: sluice/v1; remedy: start with the line "apiVersion: sluice/v1", or cp platform.example.yaml platform.yaml',
    ],
    [
      "two documents",
      `${VERSION}---\nname: b\n`,
      "platform.yaml:2:1 a second document starts here; allowed: one document in a file; remedy: remove this line and all below it, or keep them in a file of their own and name that with SLUICE_CONFIG",
    ],
    [
      "an alias in itself",
      `${VERSION}models: &a [*a]`,
      "platform.yaml:2:13 *a refers to a value that contains it; remedy: write out what is meant",
    ],
    [
      "an alias without an anchor",
      `${VERSION}ports: *x`,
      "platform.yaml:2:8 *x has no anchor above it; remedy: correct its name, or write the value out",
    ],
    [
      "a merge key",
      `${VERSION}ports:\n  <<: { gateway: 1 }`,
      'platform.yaml:3:3 ports["<<"]: is a merge key, which YAML 1.2 does not have; remedy: write the settings out, or refer to a whole value with *',
    ],
    [
      "leading zeros",
      `${VERSION}ports: { gateway: 04000 }`,
      "platform.yaml:2:19 ports.gateway: has leading zeros, which some programs read as an octal number, got 04000; remedy: write 4000",
    ],
    [
      "YAML 1.1",
      "%YAML 1.1\n---\napiVersion: sluice/v1\n",
      "platform.yaml:1:1 says %YAML 1.1; allowed: YAML 1.2, in which on and 0123 mean something else; remedy: remove the line",
    ],
    [
      "a tag",
      `${VERSION}name: !env X`,
      "platform.yaml:2:7 has a tag, which means nothing here; remedy: remove the word with the exclamation mark",
    ],
    [
      "an open quote",
      `${VERSION}name: "abc`,
      'platform.yaml:2:11 is not valid YAML: Missing closing "quote; remedy: correct this line or the one above it, platform.example.yaml shows the form',
    ],
    [
      "a key that is a list",
      `${VERSION}? [a]\n: b`,
      "platform.yaml:2:3 is not a plain key; allowed: keys that are text; remedy: write it as `key: value`",
    ],
    [
      "too many levels",
      `${VERSION}a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[`,
      "platform.yaml:2:54 is nested too deeply; allowed: six levels or so; remedy: compare with platform.example.yaml",
    ],
    [
      "too many dashes",
      `${VERSION}a:\n- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - `,
      "platform.yaml:3:1 is nested too deeply; allowed: six levels or so; remedy: compare with platform.example.yaml",
    ],
  ])("with %s is refused where it stands", (_what, text, expected) => {
    expect(findingsOf(text)).toEqual([expected]);
  });
});

describe("the text of a platform file", () => {
  it("reads the bytes of a file as UTF-8, with or without a byte order mark, and with any line ends", () => {
    const file = join(temporaryFolder(), "platform.yaml");
    const load = (bytes: Buffer | string) => {
      writeFileSync(file, bytes);
      return loadPlatform(file);
    };
    expect(load(`\uFEFF${VERSION}name: team\r\n`).name).toBe("team");
    expect(load(`${VERSION}# \uFFFD is a character as well\nname: team`).name).toBe("team");
    expect(() => load(`${VERSION}\r\nports:\r\n  gateway: 1\r\n`)).toThrow(
      "platform.yaml:4:12 ports.gateway: is too small, got 1",
    );
    expect(() => load(Buffer.from(`\uFEFF${VERSION}`, "utf16le"))).toThrow(
      `${file}:1:1 is UTF-16; allowed: UTF-8; remedy: save it as UTF-8 in your editor`,
    );
    expect(() => load(Buffer.concat([Buffer.from(`${VERSION}# \uFFFD caf`), Buffer.from([0xe9])]))).toThrow(
      `${file}:2:8 is not UTF-8 (byte 0xE9); allowed: UTF-8; remedy: save it as UTF-8 in your editor`,
    );
  });

  it("may refer to a value of its own as often as it likes", () => {
    const model = (name: string, prices: string) =>
      `  - { name: ${name}, deployments: [{ provider: anthropic, model: x }], prices: ${prices} }\n`;
    const others = Array.from({ length: 150 }, (_, index) => model(`m${index}`, "*usual")).join("");
    const text = `${VERSION}models:\n${model("first", "&usual { input: 3, output: 15 }")}${others}`;
    expect(parsePlatform(text, "platform.yaml").models.at(-1)?.prices.output).toBe(15);
    expect(findingsOf(text.replace("input: 3", "input: -3"))[0]).toContain(
      "platform.yaml:3:94 models[0].prices.input: is too small, got -3",
    );
  });

  it("is bounded in size and in alias expansion, and refused in no time", () => {
    const start = performance.now();
    expect(findingsOf(`${VERSION}# ${"x".repeat(256 * 1024)}`)).toEqual([
      "platform.yaml:1:1 has 262168 bytes; allowed: at most 262144, a platform fits in a few hundred lines; remedy: check that this is the file you mean",
    ]);
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefghij"
        .split("")
        .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdefghi"[i]}`).join(",")}]`),
    ];
    expect(findingsOf(`${VERSION}${bomb.join("\n")}`)).toEqual([
      "platform.yaml:7:8 makes more than 100000 values of this file; allowed: a platform has some hundreds; remedy: write out what is meant, without aliases of aliases",
    ]);
    const keys = Array.from({ length: 15_000 }, (_, index) => `key${index}: 1`).join("\n");
    const found = findingsOf(`${VERSION}${keys}`);
    expect(found).toHaveLength(51);
    expect(found.at(-1)).toContain("more findings; remedy: correct those above first");
    // It takes a second or two; quadratic work takes minutes.
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

describe("a file that anybody has edited at random", () => {
  const example = readFileSync(join(__dirname, "../../../../examples/team/platform.yaml"), "utf8");
  const PIECES = [
    ..."\n\t -:#&*!|>'\"%@`{}[],?0aé\u2028\0",
    "<<: ",
    "---\n",
    "~",
    "&a ",
    "*a",
    "0x1F",
    "1e999",
    "on",
    "  ",
  ];

  it.each([1, 2, 3, 4])("is read or refused with line and column (seed %i)", (seed) => {
    const random = new Random(seed);
    const below = (limit: number) => random.int(0, limit - 1);
    for (let round = 0; round < 150; round += 1) {
      let text = example;
      for (let edit = 0; edit <= below(4); edit += 1) {
        const at = below(text.length);
        const piece = random.pick(PIECES);
        const cut = below(3) === 0 ? below(40) : 0;
        text = `${text.slice(0, at)}${piece.repeat(1 + below(2))}${text.slice(at + cut)}`;
      }
      for (const line of findingsOf(text)) {
        expect({ text, line }).toEqual({ text, line: expect.stringMatching(/^platform\.yaml:\d+:\d+ \S/) });
        expect(line).not.toMatch(/undefined|\[object|\bNode_|\n/);
      }
    }
  });
});
