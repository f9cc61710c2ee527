import { betasOf, nativeHeaders } from "../../../../services/gateway/generation/native-headers";

it.each([
  ["none", {}, {}],
  [
    "the two",
    { "anthropic-version": "2023-06-01", "anthropic-beta": "a", "x-api-key": "k", cookie: "c" },
    { "anthropic-version": "2023-06-01", "anthropic-beta": "a" },
  ],
  ["no empty one", { "anthropic-beta": "" }, {}],
  ["one of 2,000 characters", { "anthropic-beta": "b".repeat(2000) }, { "anthropic-beta": "b".repeat(2000) }],
  [
    "no longer one",
    { "anthropic-beta": "b".repeat(2001), "anthropic-version": "v" },
    { "anthropic-version": "v" },
  ],
])("passes on %s", (_name, headers, passed) => {
  expect(nativeHeaders(headers, false)).toEqual({ headers: passed, droppedParams: [] });
});

const VERSION = { "anthropic-version": "v" };
const beta = (value: string) => ({ "anthropic-beta": value });

it.each([
  ["nothing to drop: as it came", beta("effort-2025-11-24,  pdfs-2024-09-25"), undefined, []],
  [
    "one of two",
    { ...VERSION, ...beta("skills-2025-10-02, effort-2025-11-24") },
    { ...VERSION, ...beta("effort-2025-11-24") },
    ["anthropic-beta.skills-2025-10-02"],
  ],
  ["all of them", { ...VERSION, ...beta("a,b") }, VERSION, ["anthropic-beta.a", "anthropic-beta.b"]],
])("with working rules: %s", (_name, headers, passed, droppedParams) => {
  expect(nativeHeaders(headers, true)).toEqual({ headers: passed ?? headers, droppedParams });
});

it.each([
  [{}, []],
  [{ "anthropic-beta": "a" }, ["a"]],
  [{ "anthropic-beta": " a, b ,,c," }, ["a", "b", "c"]],
])("%j names %j", (headers, betas) => {
  expect(betasOf(headers)).toEqual(betas);
});
