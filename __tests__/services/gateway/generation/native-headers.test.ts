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
  expect(nativeHeaders(headers)).toEqual(passed);
});

it.each([
  [{}, []],
  [{ "anthropic-beta": "a" }, ["a"]],
  [{ "anthropic-beta": " a, b ,,c," }, ["a", "b", "c"]],
])("%j names %j", (headers, betas) => {
  expect(betasOf(headers)).toEqual(betas);
});
