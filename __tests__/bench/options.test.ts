import { isSelected, readOptions } from "../../bench/options";

test("quick is one short round with few keys", () => {
  expect(readOptions(["--quick"])).toMatchObject({
    mode: "goals",
    isQuick: true,
    cells: [],
    rounds: 1,
    seconds: 1,
    keys: 1000,
  });
  expect(readOptions(["--quick", "--seconds", "3"]).seconds).toBe(3);
});

test("the full run has as many keys as the goals ask for", () => {
  expect(readOptions([])).toMatchObject({
    mode: "goals",
    isQuick: false,
    cells: [],
    rounds: 5,
    seconds: 4,
    keys: 100_000,
  });
});

test("a year and a soak are runs of their own, as large and as long as asked for", () => {
  expect(readOptions(["--year"])).toMatchObject({ mode: "year", rows: 2_000_000, keys: 100_000 });
  expect(readOptions(["--year", "--rows", "15000000"])).toMatchObject({ mode: "year", rows: 15_000_000 });
  expect(readOptions(["--soak"])).toMatchObject({ mode: "soak", minutes: 10 });
  expect(readOptions(["--soak", "--minutes", "2"])).toMatchObject({ mode: "soak", minutes: 2 });
});

test.each([
  [["G1a"], [], true],
  [["G1a"], ["G1"], true],
  [["G10"], ["G1"], false],
  [["G10"], ["G10"], true],
  [["G3", "G4"], ["G5", "G4"], true],
  [["G2"], ["G3"], false],
])("goals %j with --cells %j: %s", (goals, asked, expected) => {
  expect(isSelected(goals, asked)).toBe(expected);
});
