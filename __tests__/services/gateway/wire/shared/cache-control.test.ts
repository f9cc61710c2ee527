import {
  type Cacheable,
  limitBreakpoints,
  readCacheControl,
} from "../../../../../services/gateway/wire/shared/cache-control";

const SHORT = { type: "ephemeral" };
const HOUR = { type: "ephemeral", ttl: "1h" };

test.each([
  [{ type: "ephemeral" }, SHORT],
  [{ type: "ephemeral", ttl: "1h", scope: "x" }, HOUR],
  [
    { type: "ephemeral", ttl: "5m" },
    { type: "ephemeral", ttl: "5m" },
  ],
  [{ type: "ephemeral", ttl: "9d" }, SHORT],
  [{ type: "x" }, undefined],
  ["ephemeral", undefined],
  [null, undefined],
  [undefined, undefined],
])("%j is the mark %j", (value, expected) => {
  expect(readCacheControl(value)).toEqual(expected);
});

/** Marks of tools, system and messages as letters: `5` five minutes, `1` an hour, `-` none. */
function limit(tools: string, system: string, messages: string, automatic?: object) {
  const mark = (letter: string) => (letter === "-" ? {} : { cache_control: letter === "1" ? HOUR : SHORT });
  const block = (letter: string) => ({ type: "text" as const, text: "x", ...mark(letter) });
  const limited = limitBreakpoints({
    tools: [...tools].map((letter) => ({ name: "f", ...mark(letter) })),
    system: [...system].map(block),
    messages: [...messages].map((letter) => ({ role: "user", content: [block("-"), block(letter)] })),
    automatic: automatic as Cacheable["automatic"],
  });
  const letter = (owner: { readonly cache_control?: unknown } | undefined) =>
    owner?.cache_control === undefined ? "-" : JSON.stringify(owner.cache_control).includes("1h") ? "1" : "5";
  return [
    limited.tools.map(letter).join(""),
    limited.system.map(letter).join(""),
    limited.messages
      .map(({ content }) => letter((content as readonly { cache_control?: unknown }[])[1]))
      .join(""),
    ...(limited.automatic === undefined ? [] : [letter({ cache_control: limited.automatic })]),
  ];
}

test.each<[string, [string, string, string, object?], string[]]>([
  ["four are kept", ["5-", "5", "-5-5"], ["5-", "5", "-5-5"]],
  ["the oldest messages go first", ["5", "5", "5-55"], ["5", "5", "--55"]],
  ["six in messages", ["", "", "555555"], ["", "", "--5555"]],
  ["then the oldest system blocks", ["55", "555", "55"], ["55", "-55", "--"]],
  ["then the first tools", ["55555", "5", "5"], ["-5555", "-", "-"]],
  ["automatic caching counts", ["", "5", "555", SHORT], ["", "5", "-55", "5"]],
  ["an hour before five minutes", ["1", "1", "55"], ["1", "1", "55"]],
  ["an hour behind five minutes", ["5", "1", "1"], ["5", "5", "5"]],
  ["one that goes does not count", ["", "", "51111"], ["", "", "-1111"]],
  ["automatic caching comes last", ["", "5", "", HOUR], ["", "5", "", "5"]],
])("%s", (_name, given, expected) => {
  expect(limit(...given)).toEqual(expected);
});
