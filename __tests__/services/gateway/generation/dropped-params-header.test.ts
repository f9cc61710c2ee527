import { droppedParamsHeader } from "../../../../services/gateway/generation/dropped-params-header";

it.each([
  [["seed"], "seed"],
  [["seed", "input.web_search_call", "tools[0]"], "seed, input.web_search_call, tools[0]"],
  [["日本\r\nset-cookie: a"], "%E6%97%A5%E6%9C%AC%0D%0Aset-cookie%3A%20a"],
  [["a, b"], "a%2C%20b"],
  [["\ud83d"], "%EF%BF%BD"],
  [[""], ""],
  [["日".repeat(8)], `${"%E6%97%A5".repeat(7)}...`],
  [["x".repeat(64)], "x".repeat(64)],
  [["x".repeat(65)], `${"x".repeat(64)}...`],
  [Array.from({ length: 23 }, () => "n"), `${"n, ".repeat(20)}and 3 more`],
])("%j → %s", (names, header) => expect(droppedParamsHeader(names)).toBe(header));

it("stays short, whatever the names are", () => {
  const names = Array.from({ length: 50_000 }, (_unused, index) => `${index}${"日".repeat(1000)}`);
  expect(droppedParamsHeader(names).length).toBeLessThan(1500);
});
