import { showPath } from "../../../constructs/config/config-path";

it.each([
  [["models", 0, "prices", "input"], "models[0].prices.input"],
  [["scopes", "agent:write", "budgetUsd"], 'scopes["agent:write"].budgetUsd'],
  [["a", 1, 2], "a[1][2]"],
  [[], ""],
])("%j is written %s", (path, expected) => expect(showPath(path)).toBe(expected));
