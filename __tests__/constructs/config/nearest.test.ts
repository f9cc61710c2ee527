import { didYouMean, nearest } from "../../../constructs/config/nearest";

it.each([
  ["statu", ["start", "status", "init"], "status"],
  ["statu", ["start", "init", "deploy"], undefined],
  ["Gatway", ["gateway", "redis"], "gateway"],
  ["hots", ["host", "port"], "host"],
  ["x", ["edge", "data"], undefined],
  ["a".repeat(65), ["a".repeat(64)], undefined],
])("%s of %j is %s", (text, names, expected) => expect(nearest(text, names)).toBe(expected));

it("asks nothing where nothing is near", () => {
  expect(didYouMean("retension", ["retention"])).toBe("did you mean retention? ");
  expect(didYouMean("retension", ["ports"])).toBe("");
});
