import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { findMatches } from "../../../../../services/gateway/guardrails/find";
import type { ScreenPattern } from "../../../../../services/gateway/guardrails/pattern";
import { DEFAULT_PATTERNS, PATTERNS } from "../../../../../services/gateway/guardrails/screening";
import { EXAMPLES } from "../../../../support/pattern-examples";

const MEBIBYTE = 1024 * 1024;
const ROOT = path.join(__dirname, "../../../../..");

const foundBy = (text: string, patterns: readonly ScreenPattern[]) =>
  findMatches(text, patterns).map(({ patternId, start, end }) => [patternId, text.slice(start, end)]);

describe("the table", () => {
  it("has ids of their own, in one form", () => {
    const ids = PATTERNS.map(({ id }) => id);
    expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has examples for each pattern", () =>
    expect(Object.keys(EXAMPLES)).toEqual(PATTERNS.map(({ id }) => id)));

  it("looks for all but e-mail addresses unless it is told", () => {
    const optional = PATTERNS.filter((pattern) => !DEFAULT_PATTERNS.includes(pattern));
    expect(optional.map(({ id }) => id)).toEqual(["email"]);
  });

  it("has global expressions without an unbounded quantifier", () => {
    for (const { id, regex } of PATTERNS) {
      expect([id, regex.flags]).toEqual([id, "g"]);
      const bare = regex.source.replace(/\\./g, "").replace(/\[[^\]]*\]/g, "");
      expect([id, /[*+]|\{\d+,\}/.test(bare)]).toEqual([id, false]);
    }
  });
});

describe.each(Object.entries(EXAMPLES))("%s", (id, { positive, negative }) => {
  // A token before a host looks like an address.
  const found = (text: string) => foundBy(text, id === "email" ? PATTERNS : DEFAULT_PATTERNS);

  it.each(positive.map((example) => [example.text.slice(0, 60), example] as const))(
    "finds %s",
    (_name, example) => expect(found(example.text)).toEqual([[id, example.found ?? example.text]]),
  );

  it.each(positive.map((example) => [example.text.slice(0, 60), example] as const))(
    "finds in prose: %s",
    (_name, example) =>
      expect(found(`see this: ${example.text} <- there`)).toEqual([[id, example.found ?? example.text]]),
  );

  it.each(negative.map((text) => [text.slice(0, 60), text]))("leaves %s alone", (_name, text) =>
    expect(found(text as string).filter(([one]) => one === id)).toEqual([]),
  );

  it("leaves its own mask alone", () =>
    expect(found(`password: "[${id}]" token=[${id}] tel:[${id}]`)).toEqual([]));
});

/** Texts on which an expression that backtracks would take minutes; the time limit of the test is the measure. */
const HOSTILE = [
  ...["a", "A", "0", "4", " ", "-", "=", "@", ".", "\\", "\n", "+", "(", "/", "→"],
  ...[
    "4111 ",
    "4111-",
    "DE89 ",
    "AB12",
    "eyJ",
    "eyJ.",
    "eyJaaaaaaaaaaaa.",
    "a.",
    "a@",
    "a@a.",
    "sk-",
    "sk-proj-",
    "sk-ant-api03-",
  ],
  ...[
    "AKIAQWERTYUIOP234567 ",
    "secret=",
    'secret: "',
    "AWS_SECRET_ACCESS_KEY=",
    "tel:+1 ",
    "phone: (1) ",
    "ssn 219-09-9999 ",
  ],
  ...[
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----aaaa",
    "xoxb-12345678-",
    "glpat-",
    "ghp_",
    "gh_",
    "T01ABCDEF/",
  ],
  ...[
    "hooks.slack.com/services/T",
    "AccountKey=",
    "token=q7Xz9KpLm2Vt4Rw8Yb6Nc3Hd5 ",
    "KEY_",
    "12-",
    "1.1.",
    "pypi-AgEIcHlwaS5vcmc",
  ],
];

describe("one mebibyte of", () => {
  it.each(HOSTILE)("%j is looked through in time", (piece) => {
    const text = piece.repeat(Math.ceil(MEBIBYTE / piece.length));
    expect(findMatches(text, PATTERNS).length).toBeLessThanOrEqual(MEBIBYTE / 10);
  });
});

/** Files of tests and documents that hold examples on purpose. */
const HOLD_EXAMPLES: Readonly<Record<string, readonly string[]>> = {};

describe("ordinary code", () => {
  it("has nothing that the default patterns find", () => {
    const files = [
      ...listFiles("node_modules/typescript/lib", /\.d\.ts$/),
      ...["fastify", "undici", "pino", "constructs"].flatMap((name) =>
        listFiles(`node_modules/${name}/lib`, /\.(js|ts)$/),
      ),
      ...["services", "constructs", "cli", "docs", "tools", "prompts", "schemas"].flatMap((folder) =>
        listFiles(folder, /\.(ts|md|json)$/),
      ),
    ];
    let characters = 0;
    const found: Record<string, readonly string[]> = {};
    for (const file of files) {
      const text = readFileSync(path.join(ROOT, file), "utf8");
      characters += text.length;
      const ids = findMatches(text, DEFAULT_PATTERNS).map(({ patternId }) => patternId);
      if (ids.length > 0) found[file] = ids;
    }
    expect(characters).toBeGreaterThan(4_000_000);
    expect(found).toEqual(HOLD_EXAMPLES);
  });
});

function listFiles(folder: string, name: RegExp): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)))
    .sort();
}
