import { ConnectionBudget } from "../../constructs/connection-budget";

describe("the connections of a server", () => {
  it("are enough for all limits together, the superuser's aside", () => {
    const budget = new ConnectionBudget();
    expect(budget.take("gateway", 60)).toBe(60);
    expect(budget.take("reports", 37)).toBe(37);
    expect(() => budget.take("late", 1)).toThrow(
      "the role late wants 1 connections, and of the server's 97 only 0 are left",
    );
  });

  it("are not used up by a refusal", () => {
    const budget = new ConnectionBudget();
    expect(() => budget.take("greedy", 98)).toThrow("only 97 are left");
    expect(budget.take("modest", 97)).toBe(97);
  });

  it.each([0, -1, 1.5, Number.NaN])("cannot be %d", (connections) => {
    expect(() => new ConnectionBudget().take("gateway", connections)).toThrow("a whole number");
  });
});
