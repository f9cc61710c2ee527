import { CustomInputReader } from "../../../../../services/gateway/wire/responses/custom-input";

/** What comes out for fragments: the pieces, and all of it. */
function read(fragments: readonly string[]) {
  const reader = new CustomInputReader();
  const pieces = [...fragments.map((fragment) => reader.push(fragment)), reader.finish()].filter(
    (piece) => piece !== "",
  );
  const decode = (escaped: string) => JSON.parse(`"${Buffer.from(escaped, "latin1").toString()}"`) as string;
  return { pieces: pieces.map(decode), text: decode(reader.text) };
}

const TEXTS = ["", "plain", 'q"b\\/\b\f\n\r\t', "é漢🙂\u2028", "\u0001", '"}', "{}", "\\u0041"];

test.each(TEXTS)("%j is the same however it is cut", (text) => {
  for (const json of [
    JSON.stringify({ input: text }),
    ` { "input" :\t${JSON.stringify(text)} , "more": 1 }`,
  ]) {
    for (let cut = 0; cut <= json.length; cut += 1) {
      expect(read([json.slice(0, cut), json.slice(cut)]).text).toBe(text);
    }
    expect(read(Array.from(json)).text).toBe(text);
  }
});

test.each([
  ['{"input":"\\ud83d\\ude00"}', "😀"],
  ['{"input":"\\uD83D\\uDE00"}', "😀"],
  ['{"input":"\\ud83dx"}', "\ud83dx"],
  ['{"input":"\\/\\u00e9"}', "/é"],
  ['{"input":"a\nb"}', "a\nb"],
  ['{"input":"\\x"}', "\\x"],
  ['{"input":"\\u12x"}', "\\u12x"],
  ['{"other":1,"input":"late"}', "late"],
  ['{"patch":"p"}', '{"patch":"p"}'],
  ["*** Begin", "*** Begin"],
  ["{}", ""],
  ["", ""],
  ["null", "null"],
  ['{"input":5}', '{"input":5}'],
  ['{"input":"cut of', "cut of"],
  ['{"input":"cut\\', "cut"],
  ['{"input":"cut\\ud83d', "cut"],
  [`{"${"x".repeat(80)}":"input"}`, `{"${"x".repeat(80)}":"input"}`],
])("%j gives %j", (json, text) => {
  expect(read([json]).text).toBe(text);
  expect(read(Array.from(json)).text).toBe(text);
});

test("text is given out as it grows, half characters never", () => {
  expect(read(['{"in', 'put":"a', "b\\", "n\\ud83d", "\\ude00c", '"}']).pieces).toEqual([
    "a",
    "b",
    "\n",
    "😀c",
  ]);
});
